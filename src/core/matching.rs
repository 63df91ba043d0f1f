//! Matches processes without a reported session to sessions, by activity and recency, older processes first.

use super::process::Match;
use std::path::{Path, PathBuf};

/// A process that looks for its session.
#[derive(Clone, Debug)]
pub struct UnmatchedProcess {
    pub pid: u32,
    /// Epoch milliseconds, as all times here.
    pub started_at: Option<i64>,
    pub folder: Option<PathBuf>,
    pub reach: Candidates,
}

/// Which sessions a process can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Candidates {
    /// Any of its folder: it was asked to go on with the latest.
    Latest,
    /// Those it made, else those written to while it ran: an interface with a list to choose from. Before that it shows none.
    Used,
    /// Only those written to while it ran: a server.
    Active,
    /// Only one it made itself: a run of one prompt.
    Own,
}

/// A session that may be shown.
#[derive(Clone, Debug, Default)]
pub struct SessionActivity {
    pub id: String,
    pub folder: Option<PathBuf>,
    pub created_at: Option<i64>,
    pub updated_at: Option<i64>,
    /// Whether a run of one prompt made it: an interface does not show those.
    pub is_run: bool,
    /// Whether a service that works for interfaces has it open.
    pub is_open: bool,
    /// When messages were written, as far back as the oldest seeker; any order.
    pub moments: Vec<i64>,
}

/// Gives each seeker at most one session, and each session to at most one seeker: (seeker, trace, how) by position.
///
/// `taken` are the ids that better evidence already gave away. Runs of one prompt choose first, since each makes its session at
/// once, then older processes; each takes the session of its folder
/// that it made itself: one created while it ran, and before a younger process could. Of several, and where there is none, the
/// most messages from that time count, then the most since it started, then the last use. Times of processes and of records are
/// of one clock, so a session that ended just before a process began is not its own.
pub fn assign(
    seekers: &[UnmatchedProcess],
    traces: &[SessionActivity],
    taken: &[String],
) -> Vec<(usize, usize, Match)> {
    let mut order: Vec<usize> = (0..seekers.len()).collect();
    order.sort_by_key(|&at| {
        let seeker = &seekers[at];
        (
            seeker.reach != Candidates::Own,
            seeker.started_at.unwrap_or(i64::MAX),
            seeker.pid,
        )
    });
    let mut free: Vec<bool> = traces.iter().map(|trace| !taken.contains(&trace.id)).collect();
    let mut found = Vec::new();
    for at in order {
        let seeker = &seekers[at];
        let Some(folder) = &seeker.folder else { continue };
        let here = seekers.iter().filter(|other| {
            let folder_of = other.folder.as_deref();
            folder_of.is_some_and(|other| is_same_folder(folder, other))
        });
        let starts = here.filter_map(|other| other.started_at);
        let next = starts
            .filter(|&start| seeker.started_at.is_some_and(|own| start > own))
            .min();
        let best = traces
            .iter()
            .enumerate()
            .filter(|(at, trace)| {
                free[*at]
                    && trace
                        .folder
                        .as_deref()
                        .is_some_and(|other| is_same_folder(folder, other))
            })
            .filter_map(|(at, trace)| Some((rank(seeker, trace, next)?, at)))
            .max_by(|(ours, our_at), (theirs, their_at)| {
                ours.cmp(theirs)
                    .then_with(|| traces[*their_at].id.cmp(&traces[*our_at].id))
            });
        if let Some((rank, trace)) = best {
            free[trace] = false;
            let is_at_work = rank.since > 0 || rank.is_newer;
            found.push((at, trace, if is_at_work { Match::Activity } else { Match::Recent }));
        }
    }
    found
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// A service has it open.
    is_open: bool,
    /// Created when this was the youngest process of its folder: the last use of it.
    made: Option<i64>,
    /// Created since it started.
    is_newer: bool,
    /// Messages from the time when this was the youngest process of its folder.
    alone: usize,
    /// Messages since it started.
    since: usize,
    used_at: i64,
}

/// How well a session fits; `None` where the process cannot show it.
fn rank(seeker: &UnmatchedProcess, trace: &SessionActivity, next_start: Option<i64>) -> Option<Rank> {
    let since = |at: i64| seeker.started_at.is_some_and(|start| at >= start);
    let alone = |at: i64| since(at) && next_start.is_none_or(|next| at < next);
    let used_at = trace.updated_at.or(trace.created_at).unwrap_or(i64::MIN);
    let rank = Rank {
        is_open: trace.is_open,
        made: trace.created_at.is_some_and(alone).then_some(used_at),
        is_newer: trace.created_at.is_some_and(since),
        alone: trace.moments.iter().filter(|&&at| alone(at)).count(),
        since: trace.moments.iter().filter(|&&at| since(at)).count(),
        used_at,
    };
    let fits = match seeker.reach {
        Candidates::Latest => true,
        Candidates::Used => (rank.is_newer || rank.since > 0) && (trace.is_open || !trace.is_run),
        Candidates::Active => rank.since > 0,
        Candidates::Own => rank.is_newer,
    };
    fits.then_some(rank)
}

/// Whether two spellings name one folder; callers resolve links where they can.
fn is_same_folder(one: &Path, other: &Path) -> bool {
    one.components().eq(other.components())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeker(pid: u32, started_at: i64, reach: Candidates) -> UnmatchedProcess {
        UnmatchedProcess {
            pid,
            started_at: Some(started_at),
            folder: Some("/w/api".into()),
            reach,
        }
    }

    fn trace(id: &str, created_at: i64, moments: &[i64]) -> SessionActivity {
        SessionActivity {
            id: id.into(),
            folder: Some("/w/api/".into()),
            created_at: Some(created_at),
            updated_at: moments.iter().max().copied().or(Some(created_at)),
            moments: moments.to_vec(),
            is_open: false,
            is_run: false,
        }
    }

    fn matched(seekers: &[UnmatchedProcess], traces: &[SessionActivity], taken: &[&str]) -> Vec<(u32, String, Match)> {
        let taken: Vec<String> = taken.iter().map(|id| (*id).to_owned()).collect();
        let mut found: Vec<_> = assign(seekers, traces, &taken)
            .into_iter()
            .map(|(seeker, trace, by)| (seekers[seeker].pid, traces[trace].id.clone(), by))
            .collect();
        found.sort();
        found
    }

    const M: i64 = 60_000;

    #[test]
    fn two_processes_of_one_folder_get_two_sessions() {
        let processes = [
            seeker(2, 100 * M, Candidates::Used),
            seeker(1, 50 * M, Candidates::Used),
        ];
        // The younger one's session is the busier one.
        let sessions = [
            trace("young", 101 * M, &[101 * M, 102 * M, 103 * M, 104 * M]),
            trace("old", 51 * M, &[51 * M, 105 * M]),
        ];
        assert_eq!(
            matched(&processes, &sessions, &[]),
            [(1, "old".into(), Match::Activity), (2, "young".into(), Match::Activity)]
        );
    }

    #[test]
    fn the_session_used_last_is_for_those_that_ask_for_it_and_each_is_given_once() {
        let processes = [
            seeker(1, 100 * M, Candidates::Latest),
            seeker(2, 101 * M, Candidates::Latest),
            seeker(3, 102 * M, Candidates::Latest),
        ];
        let sessions = [trace("a", M, &[2 * M]), trace("b", M, &[3 * M])];
        assert_eq!(
            matched(&processes, &sessions, &[]),
            [(1, "b".into(), Match::Recent), (2, "a".into(), Match::Recent)]
        );
        assert_eq!(matched(&processes, &sessions, &["b"]), [(1, "a".into(), Match::Recent)]);
    }

    #[test]
    fn a_run_shows_only_a_session_it_made_and_a_server_only_active_ones() {
        let old = trace("old", M, &[2 * M, 105 * M]);
        let own = trace("own", 100 * M + 500, &[]);
        assert_eq!(
            matched(&[seeker(1, 100 * M, Candidates::Own)], &[old.clone(), own.clone()], &[]),
            [(1, "own".into(), Match::Activity)]
        );
        assert_eq!(
            matched(&[seeker(1, 100 * M, Candidates::Active)], &[old, own], &[]),
            [(1, "old".into(), Match::Activity)]
        );
    }

    #[test]
    fn a_fresh_process_has_no_session_until_one_is_made_or_used() {
        let ended = trace("ended", M, &[M, 100 * M - 1]);
        for reach in [Candidates::Used, Candidates::Active, Candidates::Own] {
            let fresh = [seeker(1, 100 * M, reach)];
            assert!(
                matched(&fresh, std::slice::from_ref(&ended), &[]).is_empty(),
                "{reach:?}"
            );
        }
        let fresh = [seeker(1, 100 * M, Candidates::Used)];
        // One that another process used busily meanwhile, and the one it made.
        let busy = trace("busy", M, &[100 * M, 100 * M + 1, 100 * M + 2]);
        let made = trace("made", 100 * M + 1, &[]);
        assert_eq!(
            matched(&fresh, &[ended.clone(), busy.clone()], &[]),
            [(1, "busy".into(), Match::Activity)]
        );
        assert_eq!(
            matched(&fresh, &[ended, busy, made], &[]),
            [(1, "made".into(), Match::Activity)]
        );
    }

    #[test]
    fn a_run_has_the_session_it_made_and_no_interface_shows_it() {
        let both = [
            seeker(1, 100 * M, Candidates::Used),
            seeker(2, 101 * M, Candidates::Own),
        ];
        let made = trace("made", 101 * M + 1, &[101 * M + 2]);
        assert_eq!(
            matched(&both, std::slice::from_ref(&made), &[]),
            [(2, "made".into(), Match::Activity)]
        );
        let ended = SessionActivity { is_run: true, ..made };
        assert!(matched(&both[..1], &[ended], &[]).is_empty());
    }

    #[test]
    fn a_session_that_a_service_has_open_comes_first() {
        let one = [seeker(1, 100 * M, Candidates::Used)];
        let closed = trace("closed", 101 * M, &[102 * M, 103 * M]);
        let open = SessionActivity {
            is_open: true,
            ..trace("open", 100 * M + 1, &[])
        };
        assert_eq!(
            matched(&one, &[closed, open], &[]),
            [(1, "open".into(), Match::Activity)]
        );
    }

    #[test]
    fn of_several_sessions_it_made_a_process_shows_the_one_used_last() {
        let one = [seeker(1, 100 * M, Candidates::Used)];
        let first = trace("first", 101 * M, &[101 * M, 102 * M, 103 * M]);
        let second = trace("second", 104 * M, &[104 * M]);
        assert_eq!(
            matched(&one, &[first, second], &[]),
            [(1, "second".into(), Match::Activity)]
        );
    }

    #[test]
    fn other_folders_and_unknown_folders_match_nothing() {
        let mut elsewhere = trace("a", M, &[200 * M]);
        elsewhere.folder = Some("/w/api-2".into());
        let mut lost = seeker(2, M, Candidates::Used);
        lost.folder = None;
        assert!(matched(&[seeker(1, M, Candidates::Used), lost], &[elsewhere], &[]).is_empty());
    }
}
