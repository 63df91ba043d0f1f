//! The engine: loads the plugin, calls it, and runs its jobs, timers and answers one after the other.

use super::budget::Budget;
use super::exports::{plugin_of, take};
use super::host;
use super::modules::{Modules, fetch_literal_imports, missing_export};
use super::pipe::Pipe;
use super::shared::Shared;
use crate::plugins::message::{FromChild, Level, Limit, Thrown, ToChild};
use rquickjs::promise::PromiseState;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Error, Function, Module, Object, Persistent};
use rquickjs::{Result, Runtime, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

const STACK: usize = 512 << 10;
const LOAD_MIB: usize = 64;
/// Names of other runtimes, and of what this one leaves out.
const ABSENT: [&str; 6] = ["Intl", "Bun", "Deno", "Worker", "WebAssembly", "SharedArrayBuffer"];

/// An engine that knows the local time zone. Made before the walls, which leave no way to the zone's file, and before a byte
/// of the plugin is read.
///
/// # Errors
/// When the engine cannot be made.
pub(super) fn prepare() -> Result<(Runtime, Context)> {
    let runtime = Runtime::new()?;
    let context = Context::full(&runtime)?;
    context.with(|ctx| ctx.eval::<f64, _>("new Date(0).getTimezoneOffset()"))?;
    Ok((runtime, context))
}

/// Runs the child until ttop closes the pipe.
///
/// # Errors
/// When the pipe breaks or the prelude fails.
pub(super) fn run((runtime, context): (Runtime, Context), walls: Vec<String>) -> anyhow::Result<()> {
    let mut pipe = Pipe::new();
    pipe.send(&FromChild::Ready { walls })?;
    let (
        ToChild::Load {
            label,
            entry,
            machine,
            env,
            cpu_ms,
        },
        _,
    ) = pipe.next()?
    else {
        anyhow::bail!("the first message is not Load");
    };
    let shared = Rc::new(Shared {
        pipe: RefCell::new(pipe),
        timers: RefCell::default(),
        budget: Budget::default(),
        known: RefCell::default(),
        machine: RefCell::new(machine),
        logs: RefCell::default(),
        calls: RefCell::default(),
        awaited: Cell::new(0),
        looked_at_env: Cell::new(false),
        rejections: RefCell::default(),
        core: RefCell::default(),
        ended: Cell::new(false),
    });
    runtime.set_memory_limit(LOAD_MIB << 20);
    runtime.set_max_stack_size(STACK);
    let budget = shared.budget.clone();
    runtime.set_interrupt_handler(Some(Box::new(move || budget.is_over())));
    let own = Rc::clone(&shared);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, reason, is_handled| {
        own.rejections.borrow_mut().note(&ctx, &promise, reason, is_handled);
    })));
    runtime.set_loader(Modules(Rc::clone(&shared)), Modules(Rc::clone(&shared)));
    shared.budget.set_limit(Duration::from_secs(5));
    shared.budget.begin_run();
    context.with(|ctx| -> Result<()> {
        let core = host::install(&ctx, &shared, &label, env)?;
        *shared.core.borrow_mut() = Some(Persistent::save(&ctx, core));
        Ok(())
    })?;
    shared.budget.set_limit(Duration::from_millis(cpu_ms));
    let engine = Engine {
        runtime,
        context,
        shared,
        fired: Cell::new(false),
    };
    engine.load(&entry)?;
    let done = engine.serve();
    // Persistent values must go before the runtime does.
    engine.shared.core.borrow_mut().take();
    engine.shared.rejections.borrow_mut().clear();
    done
}

struct Engine {
    runtime: Runtime,
    context: Context,
    shared: Rc<Shared>,
    /// The last step was a timer.
    fired: Cell<bool>,
}

impl Engine {
    fn load(&self, entry: &str) -> anyhow::Result<()> {
        self.shared.budget.begin_run();
        let loading = self.context.with(|ctx| -> std::result::Result<_, String> {
            let begun = Module::import(&ctx, entry)
                .catch(&ctx)
                .map_err(|error| described(&error))?;
            Ok(Persistent::save(&ctx, begun))
        });
        let message = match loading {
            Err(message) => message,
            Ok(promise) => match self.settled(&promise)? {
                Some(Ok(())) => return Ok(()),
                Some(Err(message)) => message,
                None => "a top-level await never settles".to_owned(),
            },
        };
        let message = match self.shared.budget.is_spent() {
            true => "evaluating it took longer than 200 ms of CPU".to_owned(),
            false => missing_export(&self.shared.known.borrow(), &message).unwrap_or(message),
        };
        self.shared.send(&FromChild::LoadFailed { message });
        self.shared.ended.set(true);
        Ok(())
    }

    /// Runs until the module is evaluated. `None` when it never will be.
    fn settled(
        &self,
        promise: &Persistent<rquickjs::Promise<'static>>,
    ) -> anyhow::Result<Option<std::result::Result<(), String>>> {
        loop {
            self.run_jobs();
            if self.shared.ended.get() || self.shared.budget.is_spent() {
                return Ok(Some(Err(String::new())));
            }
            let state = self.context.with(|ctx| -> Result<_> {
                let promise = promise.clone().restore(&ctx)?;
                Ok(match promise.state() {
                    PromiseState::Pending => None,
                    _ => Some(
                        promise
                            .result::<Object>()
                            .unwrap_or(Err(Error::Unknown))
                            .catch(&ctx)
                            .map_err(|error| described(&error))
                            .and_then(|module| self.declare(&ctx, &module)),
                    ),
                })
            })?;
            if state.is_some() {
                return Ok(state);
            }
            if !self.step_or_wait()? {
                return Ok(None);
            }
        }
    }

    /// Takes the declaration and sends it.
    fn declare<'js>(&self, ctx: &Ctx<'js>, module: &Object<'js>) -> std::result::Result<(), String> {
        let shared = &self.shared;
        shared.budget.begin_run();
        fetch_literal_imports(shared);
        let declare = || -> Result<serde_json::Value> {
            let core = shared.core(ctx)?;
            let plugin = plugin_of(module)?;
            let (declared, functions) = take(ctx, &plugin, &core)?;
            let adopt: Function = core.get("adopt")?;
            adopt.call::<_, ()>((functions,))?;
            Ok(declared)
        };
        let value = declare().catch(ctx).map_err(|error| described(&error))?;
        shared.known.borrow_mut().is_closed = true;
        let declared = FromChild::Declared {
            value,
            looked_at_env: shared.looked_at_env.get(),
        };
        match shared.send_bounded(&declared) {
            true => Ok(()),
            false => Err("what it declares is larger than 16 MiB".to_owned()),
        }
    }

    /// Answers ttop until the pipe closes.
    fn serve(&self) -> anyhow::Result<()> {
        while !self.shared.ended.get() {
            self.run_jobs();
            if self.shared.ended.get() {
                break;
            }
            self.step()?;
        }
        Ok(())
    }

    /// Runs what is queued, watching the clock before each job.
    fn run_jobs(&self) {
        self.shared.budget.begin_run();
        self.drain();
        // What is rejected while the plugin is loaded may be why it cannot be: that is reported by itself.
        if self.shared.known.borrow().is_closed {
            self.name_rejections();
        }
        if self.shared.budget.is_spent() && self.shared.known.borrow().is_closed {
            self.shared.spend(Limit::Cpu);
        }
    }

    /// The queue is empty: a rejection that has no handler by now is an error of the plugin.
    fn name_rejections(&self) {
        let reasons = self.shared.rejections.borrow_mut().take();
        for reason in reasons {
            self.enter_with(|ctx, core| {
                let described: Function = core.get("described")?;
                let text: rquickjs::String = described.call((reason.restore(ctx)?,))?;
                let line = self.shared.rejections.borrow_mut().line(super::values::text_of(&text));
                if let Some(line) = line {
                    self.shared.log(Level::Error, line);
                }
                Ok(())
            });
        }
    }

    fn drain(&self) {
        loop {
            if self.shared.ended.get() || self.shared.budget.is_over() {
                return;
            }
            self.shared.budget.begin_job();
            match self.runtime.execute_pending_job() {
                Ok(true) => {}
                Ok(false) => return,
                // What a job throws belongs to a promise; only the engine itself fails here.
                Err(_) if self.shared.budget.is_spent() => return,
                Err(_) => {
                    self.shared.spend(Limit::Memory);
                    return;
                }
            }
        }
    }

    /// One due timer, or one message.
    fn step(&self) -> anyhow::Result<()> {
        // After each timer ttop is heard first: timers that are always due would keep it out.
        if !self.fired.replace(false)
            && let Some(id) = self.due_timer()
        {
            self.fired.set(true);
            self.enter("fire", (id as f64,));
            return Ok(());
        }
        if !self.shared.pipe.borrow().has_waiting() {
            self.give_up_what_cannot_settle();
            let wait = self.shared.timers.borrow_mut().wait();
            self.shared.send(&FromChild::Idle {
                // Rounded up: a wake before its time would only be asked for again.
                wake_ms: wait.map(|wait| u64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)),
            });
        }
        let next = self.shared.pipe.borrow_mut().next()?;
        self.shared.budget.begin_run();
        self.handle(next.0, &next.1);
        Ok(())
    }

    fn due_timer(&self) -> Option<u64> {
        self.shared.timers.borrow_mut().pop_due()
    }

    /// While a module is evaluated: `false` when nothing can ever happen again.
    fn step_or_wait(&self) -> anyhow::Result<bool> {
        let has_timer = self.shared.timers.borrow_mut().wait().is_some();
        if !has_timer && self.shared.awaited.get() == 0 {
            return Ok(false);
        }
        self.step()?;
        Ok(true)
    }

    /// A promise that nothing can settle any more is said at once.
    fn give_up_what_cannot_settle(&self) {
        if self.shared.awaited.get() > 0 || self.shared.timers.borrow_mut().wait().is_some() {
            return;
        }
        let calls = std::mem::take(&mut *self.shared.calls.borrow_mut());
        for id in calls {
            self.shared.send(&FromChild::Threw {
                id,
                error: Thrown {
                    name: "Error".to_owned(),
                    message: "the promise can never settle: no timer, request or watch is pending".to_owned(),
                },
            });
        }
    }

    fn handle(&self, message: ToChild, body: &[u8]) {
        match message {
            ToChild::Grant {
                plugin,
                kind,
                env,
                memory_mib,
            } => {
                self.runtime.set_memory_limit(memory_mib << 20);
                let env = serde_json::to_string(&env).unwrap_or_default();
                self.enter("grant", (plugin, kind, env));
            }
            ToChild::Call {
                id,
                method,
                args,
                config,
                cpu_ms,
            } => {
                self.shared.budget.set_limit(Duration::from_millis(cpu_ms));
                self.shared.calls.borrow_mut().insert(id);
                self.shared.rejections.borrow_mut().is_quiet = false;
                self.enter("invoke", (id as f64, method, args.to_string(), config.to_string()));
            }
            ToChild::Answer { id, result } => {
                self.shared.awaited.set(self.shared.awaited.get().saturating_sub(1));
                let (is_ok, text) = match &result {
                    Ok(value) => (true, value.to_string()),
                    Err(refused) => (false, serde_json::to_string(refused).unwrap_or_default()),
                };
                let body = body.to_vec();
                self.enter_with(|ctx, core| {
                    let deliver: Function = core.get("deliver")?;
                    let body = rquickjs::TypedArray::<u8>::new(ctx.clone(), body)?;
                    deliver.call((id as f64, is_ok, text, body))
                });
            }
            ToChild::Wake => {}
            ToChild::Watched { watch, event, name } => self.enter("watched", (watch as f64, event, name)),
            ToChild::Abort { id, reason } => self.enter("abort", (id.map(|id| id as f64), reason)),
            ToChild::Quiet => {
                self.shared.timers.borrow_mut().clear_all();
                self.shared.rejections.borrow_mut().is_quiet = true;
                self.enter("quiet", ());
            }
            ToChild::Load { .. } => {}
        }
    }

    /// Calls a function of the prelude.
    fn enter<A>(&self, name: &str, args: A)
    where
        A: for<'js> rquickjs::function::IntoArgs<'js>,
    {
        self.enter_with(|_, core| {
            let function: Function = core.get(name)?;
            function.call(args)
        });
    }

    fn enter_with(&self, call: impl for<'js> FnOnce(&Ctx<'js>, &Object<'js>) -> Result<()>) {
        self.context.with(|ctx| {
            let entered = self.shared.core(&ctx).and_then(|core| call(&ctx, &core)).catch(&ctx);
            if let Err(error) = entered
                && !self.shared.budget.is_spent()
            {
                match is_out_of_memory(&error) {
                    true => self.shared.spend(Limit::Memory),
                    false => self.shared.log(Level::Error, described(&error)),
                }
            }
        });
    }
}

fn is_out_of_memory(error: &CaughtError<'_>) -> bool {
    match error {
        CaughtError::Error(Error::Allocation) => true,
        CaughtError::Exception(exception) => exception.message().is_some_and(|text| text == "out of memory"),
        CaughtError::Value(value) => value.is_null(),
        CaughtError::Error(_) => false,
    }
}

/// An exception in words: what it is, and where for what cannot be parsed.
fn described(error: &CaughtError<'_>) -> String {
    let CaughtError::Exception(exception) = error else {
        return match error {
            CaughtError::Value(value) => value_text(value),
            other => other.to_string(),
        };
    };
    let name: String = exception.as_object().get("name").unwrap_or_default();
    let message = exception.message().unwrap_or_default();
    let stack = exception.stack().unwrap_or_default();
    let place = stack.lines().next().and_then(|line| line.trim().strip_prefix("at "));
    if is_out_of_memory(error) {
        return "out of memory (64 MiB)".to_owned();
    }
    let hint = match message.as_str() {
        "require is not defined" | "module is not defined" | "exports is not defined" => {
            ": CommonJS is not supported, ship an ES module"
        }
        text if ABSENT
            .iter()
            .any(|name| text.strip_prefix(name) == Some(" is not defined")) =>
        {
            ": it is not available to plugins"
        }
        _ => "",
    };
    match place.filter(|place| name == "SyntaxError" && !place.contains(' ') && !message.contains(": SyntaxError: ")) {
        Some(place) => format!("{place}: {name}: {message}"),
        None if message.contains(": SyntaxError: ") => message,
        None => format!("{name}: {message}{hint}"),
    }
}

fn value_text(value: &Value<'_>) -> String {
    match value.as_string() {
        Some(text) => super::values::text_of(text),
        None if value.is_null() => "out of memory (64 MiB)".to_owned(),
        None => format!("a {} was thrown", value.type_name()),
    }
}
