//! The protocols that ship: a beginning for each common design, and what `study new` writes.

/// A protocol to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Its word on the command line.
    pub name: &'static str,
    /// What it is for, in one line.
    pub about: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// All templates, in the order in which a person is offered them.
pub const TEMPLATES: [Template; 6] = [
    Template {
        name: "crossover",
        about: "Each reader reads each case unaided and aided, with a washout between",
        text: include_str!("../../../assets/protocols/crossover.toml"),
    },
    Template {
        name: "sequential",
        about: "Read without AI, lock, then revise with AI",
        text: include_str!("../../../assets/protocols/sequential.toml"),
    },
    Template {
        name: "concurrent",
        about: "Groups of readers say yes or no to their own cases, unaided and aided",
        text: include_str!("../../../assets/protocols/concurrent.toml"),
    },
    Template {
        name: "froc",
        about: "Every lesion marked and rated, AI on request",
        text: include_str!("../../../assets/protocols/froc.toml"),
    },
    Template {
        name: "mammography",
        about: "BI-RADS and 0 to 100 for each breast",
        text: include_str!("../../../assets/protocols/mammography.toml"),
    },
    Template {
        name: "ordinal",
        about: "Two readers give each case a category, and an adjudicator settles",
        text: include_str!("../../../assets/protocols/ordinal.toml"),
    },
];

/// The template of this name.
#[must_use]
pub fn template(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|t| t.name == name)
}
