//! Scenes that every echo server must get through.
