//! Which system this is, and how one installs something on it.

use std::fs;

/// What a program's package is called where.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// Debian, Ubuntu and their kin.
    pub debian: &'static str,
    /// Fedora, Red Hat and their kin.
    pub fedora: &'static str,
    /// macOS: the whole command; empty if there is nothing of the kind.
    pub macos: &'static str,
}

impl Package {
    /// The command that installs it here, or those of the systems that are known.
    pub fn install(&self) -> String {
        if cfg!(target_os = "macos") {
            return match self.macos {
                "" => "macOS has nothing of the kind; the lab does without".to_owned(),
                command => command.to_owned(),
            };
        }
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        self.install_on(&release)
    }

    /// `os_release` is the text of `/etc/os-release` (`man 5 os-release`).
    fn install_on(&self, os_release: &str) -> String {
        let (debian, fedora) = (self.debian, self.fedora);
        let is_like = |names: &[&str]| {
            os_release
                .lines()
                .filter_map(|line| {
                    line.strip_prefix("ID=")
                        .or_else(|| line.strip_prefix("ID_LIKE="))
                })
                .flat_map(|value| value.trim_matches('"').split_whitespace())
                .any(|name| names.contains(&name))
        };
        if is_like(&["debian", "ubuntu"]) {
            format!("sudo apt install {debian}")
        } else if is_like(&["fedora", "rhel"]) {
            format!("sudo dnf install {fedora}")
        } else {
            format!("Debian: sudo apt install {debian}; Fedora: sudo dnf install {fedora}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_that_of_the_system() {
        let ss = Package {
            debian: "iproute2",
            fedora: "iproute",
            macos: "",
        };
        for (release, command) in [
            ("ID=debian\n", "sudo apt install iproute2"),
            (
                "NAME=Mint\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n",
                "sudo apt install iproute2",
            ),
            (
                "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n",
                "sudo dnf install iproute",
            ),
        ] {
            assert_eq!(ss.install_on(release), command);
        }
        assert!(ss.install_on("ID=arch\n").contains("Fedora: "));
    }
}
