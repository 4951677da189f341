//! The record on a thread of its own: takes actions, lets `reads` decide, writes, and only then tells the interface what is now true.
//!
//! The interface never waits for a disk: it polls, and shows what the last committed state says. Refuses: deciding anything itself.

use crate::background::{AtWork, Wake};
use crate::trace::Trace;
use crossbeam_channel::{Receiver, Sender};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use tiresias_reads::accounts::{Meaning, Unlocked};
use tiresias_reads::machine::{Action, Rules, State, decide, evolve};
use tiresias_reads::record::Record;
use tiresias_reads::study::Study;
use tiresias_words::Moment;

/// The record thread's two ends, as the interface holds them. Dropping it lets the thread finish what it was given, and end.
pub(crate) struct Recorder {
    orders: Sender<(Order, AtWork)>,
    news: Receiver<News>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    /// Something a reader asks for.
    Act { action: Action, at: Moment },
    /// A signature over everything recorded so far.
    Sign { keys: Box<Unlocked>, at: Moment },
}

/// What the record has to tell.
pub(crate) enum News {
    /// The record is open and was checked; this is where the reader stands.
    Ready(Arc<State>),
    /// Committed and durable.
    Committed(Arc<State>),
    /// Signed, durable; the receipt, and the results for the study desk: their file, or a sentence why there is none.
    Signed(Arc<State>, String, Result<PathBuf, String>),
    /// Not carried out: what, and a sentence why.
    Refused(Box<Action>, String),
    /// The record cannot be opened or written: a sentence. Nothing that was acknowledged is lost.
    Failed(String),
}

impl Recorder {
    /// Opens the record of `study` for the reader of `rules`. `wake` is called when there is news.
    #[must_use]
    pub(crate) fn start(study: &Study, rules: Arc<Rules>, trace: Trace, wake: Wake) -> Self {
        let (orders, inbox) = crossbeam_channel::unbounded();
        let (outbox, news) = crossbeam_channel::unbounded();
        let study = study.clone();
        let failed = outbox.clone();
        let work = move || {
            let kept = keep(&study, &rules, &trace, &inbox, &outbox, &*wake);
            // What was asked for in vain is no work any more.
            drop(inbox);
            if let Err(sentence) = kept {
                let _ = outbox.send(News::Failed(sentence));
            }
            wake();
        };
        let spawned = std::thread::Builder::new().name("record".into()).spawn(work);
        if let Err(e) = &spawned {
            let _ = failed.send(News::Failed(format!(
                "The record cannot be opened: the system gives no further thread ({e}). Close other programs and start again."
            )));
        }
        Self { orders, news, thread: spawned.ok() }
    }

    /// Asks for an action. The answer comes by [`Self::poll`]; until then it counts as work.
    pub(crate) fn ask(&self, action: Action, at: Moment) {
        // When the thread has ended its last news, a failure, is on its way or was shown.
        let _ = self.orders.send((Order::Act { action, at }, AtWork::begin()));
    }

    /// Asks for a signature over everything recorded so far. The answer comes by [`Self::poll`].
    pub(crate) fn sign(&self, keys: Unlocked, at: Moment) {
        let _ = self.orders.send((Order::Sign { keys: Box::new(keys), at }, AtWork::begin()));
    }

    /// Waits until everything asked for is recorded and the record is closed. For the end of the program, when no window is left to wait.
    pub(crate) fn finish(self) {
        let Self { orders, news, thread } = self;
        drop((orders, news));
        if let Some(thread) = thread {
            // A panic of that thread was its own end; there is nothing left to record with.
            let _ = thread.join();
        }
    }

    /// News since the last look.
    #[must_use]
    pub(crate) fn poll(&self) -> Option<News> {
        self.news.try_recv().ok()
    }
}

fn keep(
    study: &Study,
    rules: &Rules,
    trace: &Trace,
    inbox: &Receiver<(Order, AtWork)>,
    outbox: &Sender<News>,
    wake: &(dyn Fn() + Send + Sync),
) -> Result<(), String> {
    let mut record = trace.timed("open record", || study.open_record(crate::BUILD)).map_err(|e| e.to_string())?;
    let mut state: State = record.state(rules.reader());
    let _ = outbox.send(News::Ready(Arc::new(state.clone())));
    wake();
    while let Ok((order, at_work)) = inbox.recv() {
        let (action, at, receipt) = match order {
            Order::Act { action, at } => (action, at, None),
            Order::Sign { keys, at } => {
                let signature = keys.sign(Meaning::Session, &record.to_sign(), at.utc_ms);
                let receipt = signature.receipt();
                (Action::Sign(Box::new(signature)), at, Some(receipt))
            }
        };
        match decide(rules, &state, action.clone(), &at) {
            Err(refusal) => {
                let _ = outbox.send(News::Refused(Box::new(action), refusal.to_string()));
            }
            Ok(events) => {
                trace.timed("append, hash and sync", || record.append(&events)).map_err(|e| e.to_string())?;
                for event in &events {
                    state = evolve(state, event).map_err(|e| {
                        format!(
                            "The record holds what this program does not understand ({e}). Close the program; what was recorded is kept."
                        )
                    })?;
                }
                let now = Arc::new(state.clone());
                let _ = outbox.send(match receipt {
                    Some(receipt) => News::Signed(now, receipt, results(study, rules, &record)),
                    None => News::Committed(now),
                });
            }
        }
        drop(at_work);
        wake();
    }
    Ok(())
}

/// Writes the results of what is signed into the study's folder, in the place of those before: what the reader sends to the study desk.
fn results(study: &Study, rules: &Rules, record: &Record) -> Result<PathBuf, String> {
    let place = study.root().join(format!("{}.tresults", rules.reader()));
    let aside = place.with_extension("part");
    let written = record.results().map_err(|e| e.to_string())?;
    let write = || {
        let mut file = std::fs::File::create(&aside)?;
        file.write_all(written.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&aside, &place)
    };
    write().map(|()| place).map_err(|e: std::io::Error| {
        let folder = study.root().display();
        format!(
            "The file for the study desk could not be written ({e}). Nothing is lost: make room, close this window, and write it with: tiresias results \"{folder}\" --out FILE"
        )
    })
}
