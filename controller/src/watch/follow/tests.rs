use super::*;
use futures_util::{StreamExt, stream};
use kube::core::Status;
use parking_lot::Mutex;
use watcher::Event;

#[derive(Default)]
struct Recorded(Mutex<Vec<String>>);

impl Sink<&'static str> for Recorded {
    fn replace(&self, _: &Scope, objects: Vec<&'static str>) {
        self.0.lock().push(format!("replace {objects:?}"));
    }
    fn apply(&self, object: &'static str) {
        self.0.lock().push(format!("apply {object}"));
    }
    fn remove(&self, object: &'static str) {
        self.0.lock().push(format!("remove {object}"));
    }
    fn absent(&self, _: &Scope) {
        self.0.lock().push("absent".to_owned());
    }
}

fn api_error(code: u16) -> kube::Error {
    kube::Error::Api(Box::new(Status::failure("no", "Reason").with_code(code)))
}

fn context() -> (Context, watch::Sender<u64>) {
    let (crds, receiver) = watch::channel(0);
    (Context { kind: "Test", scope: None, crds: receiver, metrics: Arc::new(Metrics::default()) }, crds)
}

type Events = Vec<watcher::Result<Event<&'static str>>>;

/// Streams that send what they hold one after the other, and what they were asked for.
struct Scripted {
    streams: Mutex<std::vec::IntoIter<Events>>,
    configs: Mutex<Vec<watcher::InitialListStrategy>>,
    absent: bool,
}

impl Source<&'static str> for &Scripted {
    fn open(&self, config: watcher::Config) -> impl Stream<Item = watcher::Result<Event<&'static str>>> {
        self.configs.lock().push(config.initial_list_strategy);
        stream::iter(self.streams.lock().next().unwrap_or_default()).chain(stream::pending())
    }

    async fn absent(&self) -> bool {
        self.absent
    }
}

/// Follows streams that send these events, until the sink has seen `count` things.
async fn run(streams: Vec<Events>, count: usize) -> (Vec<String>, Vec<watcher::InitialListStrategy>) {
    run_with(streams, count, false).await
}

async fn run_with(
    streams: Vec<Events>,
    count: usize,
    absent: bool,
) -> (Vec<String>, Vec<watcher::InitialListStrategy>) {
    let (context, _crds) = context();
    let sink = Arc::new(Recorded::default());
    let scripted =
        Scripted { streams: Mutex::new(streams.into_iter()), configs: Mutex::new(Vec::new()), absent };
    let seen = sink.clone();
    let enough = async {
        while seen.0.lock().len() < count {
            time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = follow(context, watcher::Config::default(), &scripted, sink.clone()) => {}
        () = enough => {}
    }
    (sink.0.lock().clone(), scripted.configs.into_inner())
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_because_the_group_is_unknown_is_of_an_absent_kind() {
    // What `404 page not found` becomes.
    let text = serde_json::from_str::<bool>("404 page not found").unwrap_err();
    let failed = vec![Err(watcher::Error::WatchFailed(kube::Error::SerdeError(text)))];
    let (seen, _) = run_with(vec![failed, vec![Ok(Event::Init), Ok(Event::InitDone)]], 2, true).await;
    assert_eq!(seen, ["absent", "replace []"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_arrives_at_once_and_changes_one_by_one() {
    let events = vec![
        Ok(Event::Init),
        Ok(Event::InitApply("a")),
        Ok(Event::InitApply("b")),
        Ok(Event::InitDone),
        Ok(Event::Apply("c")),
        Ok(Event::Delete("a")),
    ];
    let (seen, _) = run(vec![events], 3).await;
    assert_eq!(seen, [r#"replace ["a", "b"]"#, "apply c", "remove a"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_breaks_off_is_forgotten() {
    let events = vec![
        Ok(Event::Init),
        Ok(Event::InitApply("a")),
        Err(watcher::Error::NoResourceVersion),
        Ok(Event::Init),
        Ok(Event::InitApply("b")),
        Ok(Event::InitDone),
    ];
    let (seen, _) = run(vec![events], 1).await;
    assert_eq!(seen, [r#"replace ["b"]"#]);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_not_installed_is_picked_up_later() {
    let missing = vec![Err(watcher::Error::WatchStartFailed(api_error(404)))];
    let (seen, _) = run(vec![missing, vec![Ok(Event::Init), Ok(Event::InitDone)]], 2).await;
    assert_eq!(seen, ["absent", "replace []"]);
}

#[tokio::test(start_paused = true)]
async fn an_api_server_without_streaming_lists_is_asked_for_a_list() {
    let refused = vec![Err(watcher::Error::WatchStartFailed(api_error(422)))];
    let (_, configs) = run(vec![refused, vec![Ok(Event::Init), Ok(Event::InitDone)]], 1).await;
    assert!(matches!(configs[0], watcher::InitialListStrategy::StreamingList));
    assert!(matches!(configs[1], watcher::InitialListStrategy::ListWatch));
}

#[tokio::test(start_paused = true)]
async fn a_new_crd_ends_the_wait_at_once() {
    let (mut context, crds) = context();
    let mut pause = Pause { attempts: 9 };
    crds.send_modify(|count| *count += 1);
    let start = time::Instant::now();
    wait(&mut context.crds, &mut pause).await;
    assert_eq!((start.elapsed(), pause.attempts), (Duration::ZERO, 0));
    wait(&mut context.crds, &mut pause).await;
    assert!(start.elapsed() >= Duration::from_millis(160), "and then there is a pause");
}

#[test]
fn pauses_grow_to_a_limit() {
    let mut pause = Pause::default();
    let pauses: Vec<Duration> = (0..40).map(|_| pause.next_up_to(FAILED)).collect();
    assert!(pauses[0] <= Duration::from_millis(240) && pauses[0] >= Duration::from_millis(160));
    assert!(pauses[39] >= Duration::from_secs(4) && pauses[39] <= Duration::from_secs(6));
}
