use anyhow::{Context, Result, bail};
use testbed::Args;

#[derive(Debug, PartialEq)]
pub enum Command {
    On { name: String, args: Args },
    Off { name: String },
    Status,
    Quit,
}

pub fn parse(line: &str) -> Result<Command> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["quit"] => Ok(Command::Quit),
        ["status"] => Ok(Command::Status),
        ["fault" | "control", name, "off"] => Ok(Command::Off { name: (*name).into() }),
        ["fault" | "control", name, "on", args @ ..] => {
            let args = args.iter().map(|arg| argument(arg)).collect::<Result<_>>()?;
            Ok(Command::On { name: (*name).into(), args })
        }
        _ => bail!(
            "not a command; there are: fault|control NAME on [key=number …], fault|control NAME off, status, quit"
        ),
    }
}

fn argument(word: &str) -> Result<(String, f64)> {
    let (key, value) =
        word.split_once('=').with_context(|| format!("expected key=number, found {word:?}"))?;
    Ok((key.into(), value.parse().with_context(|| format!("{value:?} is not a number"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commands() {
        assert_eq!(parse("quit").unwrap(), Command::Quit);
        assert_eq!(
            parse("control scrape-gap off").unwrap(),
            Command::Off { name: "scrape-gap".into() }
        );
        let args = Args::from([("ms".to_owned(), 2.5)]);
        assert_eq!(
            parse(" fault  slow-function on ms=2.5").unwrap(),
            Command::On { name: "slow-function".into(), args }
        );
    }

    #[test]
    fn says_what_it_does_not_understand() {
        assert!(parse("fault x").unwrap_err().to_string().contains("not a command"));
        assert!(parse("fault x on ms").unwrap_err().to_string().contains("key=number"));
        assert!(parse("fault x on ms=two").unwrap_err().to_string().contains("not a number"));
    }
}
