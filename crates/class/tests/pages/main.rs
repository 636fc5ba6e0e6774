//! The pages of a class, read as a browser reads them.

mod browser;
mod class;
mod hostile;
mod html;
mod written;
