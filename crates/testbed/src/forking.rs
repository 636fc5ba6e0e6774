//! Scenes for servers with a process a connection.
