//! The README's session is what the program answers, on every backend.
//!
//! Every `console` block is run in order against the real program, command by command, in a shell. A line of output that
//! the README shows is held against what was printed: in JSON every member that it shows must be there and equal, where
//! `…` in a text stands for anything. `NAME=…  # a.b of your answer` sets a shell variable from the answer before it.
#![expect(clippy::expect_used, clippy::panic, reason = "a suite fails where it meets what it does not expect")]

use std::process::{Command, ExitCode};

use authsome_tests::cases;
use authsome_tests::home::Home;
use authsome_tests::suite::Suite;
use serde_json::Value;

fn main() -> ExitCode {
    Suite::of("The README's session")
        .on_homes(cases![Home; the_first_ten_minutes_are_as_the_readme_says])
        .alone(&[("a_difference_is_noticed", a_difference_is_noticed)])
        .run()
}

/// A command with the output that the README shows under it.
struct Step {
    command: String,
    shown: String,
}

fn steps(readme: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in readme.split("```console\n").skip(1) {
        let (block, _) = block.split_once("```").expect("a block ends");
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step { command: command.to_owned(), shown: String::new() }),
                (None, Some(step)) => step.shown += line,
                (None, None) => panic!("a block begins with a command: {line}"),
            }
        }
    }
    steps
}

/// The variable that a line sets, and the pointer to what the reader puts there.
fn assignment(command: &str) -> Option<(String, String)> {
    let (name, rest) =
        command.split_once('=').filter(|(name, _)| name.chars().all(|letter| letter.is_ascii_uppercase()))?;
    let (_, place) = rest.split_once("# ")?;
    Some((name.to_owned(), format!("/{}", place.strip_suffix(" of your answer")?.replace('.', "/"))))
}

/// What is shown agrees with what was printed, with `…` for anything.
fn agrees(shown: &Value, printed: &Value) -> bool {
    match (shown, printed) {
        (Value::Object(shown), Value::Object(printed)) => {
            shown.iter().all(|(name, value)| printed.get(name).is_some_and(|other| agrees(value, other)))
        }
        (Value::Array(shown), Value::Array(printed)) => {
            shown.len() == printed.len() && shown.iter().zip(printed).all(|(one, other)| agrees(one, other))
        }
        (Value::String(shown), Value::String(printed)) => match shown.split_once('…') {
            Some((start, end)) => printed.starts_with(start) && printed.ends_with(end),
            None => shown == printed,
        },
        _ => shown == printed,
    }
}

fn the_first_ten_minutes_are_as_the_readme_says(home: &Home) {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("it is there");
    // What the README adds for a server's database is what a home sets.
    for (name, value) in home.variables() {
        let scheme = value.split_once("://").map_or("", |(scheme, _)| scheme);
        assert!(readme.contains(&format!("{name}=")) && readme.contains(scheme), "the README sets {name}");
    }
    let server = home.start();
    let address = server.base().strip_prefix("http://").expect("it speaks HTTP").to_owned();
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut last = Value::Null;
    let steps = steps(&readme);
    assert!(steps.len() >= 12, "the session is there");
    for Step { command, shown } in steps {
        if let Some((name, path)) = assignment(&command) {
            let text = last.pointer(&path).and_then(Value::as_str);
            let text = text.unwrap_or_else(|| panic!("{command}: not in {last}")).to_owned();
            variables.retain(|(known, _)| *known != name);
            variables.push((name, text));
            continue;
        }
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command.replace("localhost:8080", &address)).envs(variables.clone());
        let output = shell.output().expect("a shell runs");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).expect("answers are text");
        let parse = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.trim().to_owned()));
        last = parse(&printed);
        assert!(agrees(&parse(&shown), &last), "{command}\nthe README shows {shown}\nthe program printed {printed}");
    }
}

fn a_difference_is_noticed() {
    let printed = serde_json::json!({"code": "a", "id": "ausr_01", "list": [1]});
    for (shown, same) in [
        (serde_json::json!({"code": "a"}), true),
        (serde_json::json!({"id": "ausr_…", "list": [1]}), true),
        (serde_json::json!({"id": "ases_…"}), false),
        (serde_json::json!({"code": "b"}), false),
        (serde_json::json!({"missing": null}), false),
        (serde_json::json!({"list": []}), false),
    ] {
        assert_eq!(agrees(&shown, &printed), same, "{shown}");
    }
}
