//! Who computed the cells of a sweep: one session a process, with its threads, version, commit and target. The log keeps them, and
//! `run.meta.json` shows them beside the artefacts, whose bytes do not depend on them.

use super::CliError;
use crate::export::{Provenance, write_new};
use crate::sweep::Shard;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Threads, version, commit and target of every session.
pub(super) const META: &str = "run.meta.json";

/// The key of a note on sessions elsewhere, whose cells were taken from there.
const FROM: &str = "from";

/// A session that begins, as the log notes it.
pub(super) fn begins(configuration: &Map<String, Value>, threads: usize, shard: Option<Shard>) -> String {
    let session = json!({
        "configuration": configuration,
        "threads": threads,
        "shard": shard.map(|shard| shard.to_string()),
        "version": Provenance::VERSION,
        "commit": Provenance::COMMIT,
        "target": Provenance::TARGET,
    });
    session.to_string()
}

/// Whether a note of the log is of a session in its own folder.
pub(super) fn is_own(note: &Value) -> bool {
    note.get(FROM).is_none()
}

/// How many sessions there were of each kind: as JSON text, without what all share (the configuration) and what tells them apart
/// (the shard), so that a thousand tasks of a cluster are one line.
type Counts = BTreeMap<String, u64>;

/// The sessions that a log knows of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sessions {
    own: Counts,
    /// By folder; the newest note of one counts.
    elsewhere: BTreeMap<String, Counts>,
    /// Threads of the last session here.
    threads: usize,
}

impl Sessions {
    /// Takes in what the log notes. A text that is no JSON is that of another program, and says nothing.
    pub(super) fn note(&mut self, text: &str) {
        let Ok(Value::Object(mut note)) = serde_json::from_str(text) else { return };
        if let (Some(Value::String(folder)), Some(Value::Array(sessions))) =
            (note.remove(FROM), note.remove("sessions"))
        {
            let counts = sessions.into_iter().filter_map(|session| {
                let Value::Object(mut session) = session else { return None };
                let count = session.remove("count")?.as_u64()?;
                Some((Value::from(session).to_string(), count))
            });
            self.elsewhere.insert(folder, counts.collect());
            return;
        }
        self.threads = note.get("threads").and_then(Value::as_u64).unwrap_or(1) as usize;
        note.remove("configuration");
        note.remove("shard");
        *self.own.entry(Value::from(note).to_string()).or_default() += 1;
    }

    /// All of them, those of other folders too.
    fn all(&self) -> Vec<Value> {
        let mut all = Counts::new();
        for (session, count) in self.elsewhere.values().flatten().chain(&self.own) {
            *all.entry(session.clone()).or_default() += count;
        }
        let counted = |(session, count): (&String, &u64)| {
            let mut session: Value = serde_json::from_str(session).ok()?;
            session["count"] = json!(count);
            Some(session)
        };
        all.iter().filter_map(counted).collect()
    }

    /// The note that cells were taken from `folder`, whose sessions these are.
    pub(super) fn taken_from(&self, folder: &Path) -> String {
        json!({ FROM: folder.display().to_string(), "sessions": self.all() }).to_string()
    }

    /// Writes `run.meta.json`: the provenance of the process that writes the artefacts, its threads among it, and all sessions.
    pub(super) fn write(&self, folder: &Path, configuration: Map<String, Value>) -> Result<(), CliError> {
        let provenance = Provenance { threads: self.threads, ..Provenance::new(configuration.into()) };
        let mut content = provenance.to_json();
        content["sessions"] = json!(self.all());
        Ok(write_new(&folder.join(META), true, |out| writeln!(out, "{content:#}"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(threads: usize, shard: &str) -> String {
        begins(&Map::new(), threads, Some(shard.parse().unwrap()))
    }

    fn counts(sessions: &Sessions) -> Vec<(u64, u64)> {
        let number = |session: &Value, key: &str| session[key].as_u64().unwrap();
        sessions.all().iter().map(|s| (number(s, "threads"), number(s, "count"))).collect()
    }

    #[test]
    fn sessions_are_counted_by_kind_and_those_of_a_folder_once_however_often_it_is_joined() {
        let (mut part, mut whole) = (Sessions::default(), Sessions::default());
        for (threads, shard) in [(4, "1/3"), (4, "2/3"), (8, "3/3")] {
            part.note(&session(threads, shard));
        }
        whole.note(&begins(&Map::new(), 1, None));
        for _ in 0..2 {
            let note = part.taken_from(Path::new("shards/1"));
            assert!(!is_own(&serde_json::from_str(&note).unwrap()));
            whole.note(&note);
        }
        assert_eq!(counts(&whole), [(1, 1), (4, 2), (8, 1)]);
        part.note(&session(4, "1/3"));
        whole.note(&part.taken_from(Path::new("shards/1")));
        // A folder of folders: what it knows of the others goes on.
        let mut again = Sessions::default();
        again.note(&whole.taken_from(Path::new("whole")));
        again.note("no JSON");
        assert_eq!(counts(&again), [(1, 1), (4, 3), (8, 1)]);
        assert_eq!(whole.threads, 1);
    }
}
