//! TCP sockets as the lecture names them, on nix and owned descriptors.
