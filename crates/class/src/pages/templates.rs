//! The templates, compiled in, and the escaping that no template can forget.

use std::io::Write;

use anyhow::Result;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, escape_formatter};
use serde::Serialize;

use super::visible::visible;

const BASE: &str = include_str!("../../pages/base.html");
const INDEX: &str = include_str!("../../pages/index.html");
const STUDENT: &str = include_str!("../../pages/student.html");
/// The style sheet of every page; a test holds its colours against WCAG 2.2.
pub const STYLE: &str = include_str!("../../pages/style.css");

/// The pages' templates.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// Compiles them.
    ///
    /// # Errors
    ///
    /// A template has a mistake, which every test of the pages would find.
    pub fn new() -> Result<Templates> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_formatter(|out, state, value| match value.as_str() {
            Some(text) if !value.is_safe() => {
                escape_formatter(out, state, &Value::from(visible(text).into_owned()))
            }
            _ => escape_formatter(out, state, value),
        });
        environment.add_global("style", Value::from_safe_string(STYLE.to_owned()));
        environment.add_template("base.html", BASE)?;
        environment.add_template("index.html", INDEX)?;
        environment.add_template("student.html", STUDENT)?;
        Ok(Templates { environment })
    }

    /// Writes an instructor's page.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn index(&self, page: &impl Serialize, out: &mut dyn Write) -> Result<()> {
        self.render("index.html", page, out)
    }

    /// Writes a student's page.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn student(&self, page: &impl Serialize, out: &mut dyn Write) -> Result<()> {
        self.render("student.html", page, out)
    }

    fn render(&self, name: &str, page: &impl Serialize, out: &mut dyn Write) -> Result<()> {
        let template = self.environment.get_template(name)?;
        template.render_captured_to(Value::from(Serde(page)), out)?;
        Ok(())
    }
}
