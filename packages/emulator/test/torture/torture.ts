import { OpenAiClient } from "@effect-openai/client"
import * as RateLimit from "@effect-openai/client/RateLimit"
import { Emulator, Model, Store } from "@effect-openai/emulator"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FileSystem, HttpClient, HttpClientError, type HttpClientResponse } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SystemError } from "@effect/platform/Error"
import {
  Cause,
  Context,
  Effect,
  Exit,
  Fiber,
  FiberId,
  Layer,
  Logger,
  Redacted,
  type Scope,
  Stream,
  Supervisor
} from "effect"
import { apiKey } from "../utils.js"
import { held, leftOpen } from "./held.js"
import { type Kind, kinds, type Plan, Points, steps } from "./points.js"
import { type Fact, type Scenario, scenarios } from "./scenarios.js"

// Runs a scenario again and again. Each time another one of its operations does not succeed.

// -----------------------------------------------------------------------------
// setups
// -----------------------------------------------------------------------------

type Opened = Effect.Effect<Store.Service, unknown, Scope.Scope>

/** Where the state is, and which operations have points. */
interface Setup {
  readonly name: string
  readonly scenarios: ReadonlyArray<Scenario>
  /** Opens the same state each time, with points and without. */
  readonly make: Effect.Effect<(points: Points | undefined) => Opened, unknown, Scope.Scope>
  /** Which services have points, besides the file system. */
  readonly points: "none" | "store, model, transport" | "rate limits"
  /** What happens at a point. */
  readonly kinds: ReadonlyArray<Kind>
  /** Whether a scenario succeeds whatever happens, unless it is interrupted. */
  readonly mustSucceed: boolean
}

const failed = (name: string) => new Store.StoreError({ message: `${name} failed` })

const inMemory: Setup = {
  name: "store, model and transport",
  scenarios,
  points: "store, model, transport",
  kinds,
  mustSucceed: false,
  make: Effect.map(Layer.build(Layer.fresh(Store.layerMemory)), (context) => {
    const store = Context.get(context, Store.Store)
    return () => Effect.succeed(store)
  })
}

const systemError = (method: string) =>
  new SystemError({ reason: "Unknown", module: "FileSystem", method, pathOrDescriptor: "", description: "I/O error" })

const onDisk: Setup = {
  name: "file system",
  scenarios: scenarios.filter(({ name }) => name === "files"),
  points: "none",
  kinds,
  mustSucceed: false,
  make: Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    return (points: Points | undefined) =>
      SqliteStore.make({ filename: `${folder}/data.db` }).pipe(
        Effect.provideService(
          FileSystem.FileSystem,
          points === undefined ? fs : points.wrap(fs, "FileSystem", systemError, ["open"])
        ),
        Effect.provide(NodeContext.layer)
      )
  }).pipe(Effect.provide(NodeContext.layer))
}

/** A store of rate limits with much room: no call waits for it or fails by it. */
const withLimits: Setup = { ...inMemory, name: "store of rate limits", points: "rate limits", mustSucceed: true }

const withSteps: Setup = { ...inMemory, name: "clock", kinds: Object.keys(steps) as Array<Kind>, mustSucceed: true }

const setups = [inMemory, onDisk, withLimits, withSteps]

// -----------------------------------------------------------------------------
// a program: an emulator and its client
// -----------------------------------------------------------------------------

/** Beyond it, an operation that hangs ends with a timeout. */
const idle = "60 millis"

/** A connection that is lost ends the body of its response. */
const lose = (response: HttpClientResponse.HttpClientResponse | undefined): void => {
  if (response !== undefined) Effect.runFork(Stream.runDrain(response.stream)).unsafeInterruptAsFork(FiberId.none)
}

const transport = (points: Points, httpClient: HttpClient.HttpClient) =>
  HttpClient.transform(httpClient, (effect, request) =>
    Effect.suspend(() => {
      let received: HttpClientResponse.HttpClientResponse | undefined
      const receive = Effect.tap(effect, (response) =>
        Effect.sync(() => {
          received = response
        }))
      return points.around("HttpClient.execute", receive, (kind) => {
        if (kind === "fails afterwards") lose(received)
        const code = kind === "fails" ? "ECONNREFUSED" : "ECONNRESET"
        return new HttpClientError.RequestError({
          request,
          reason: "Transport",
          cause: Object.assign(new Error(code), { code })
        })
      })
    }))

/** Takes what is wanted. */
const unlimited: RateLimit.Store["Type"] = {
  take: (demands) =>
    Effect.sync(() => demands.map(({ capacity, wanted }) => ({ taken: wanted, remaining: capacity - wanted })))
}

const limits = (points: Points) =>
  Layer.orDie(Layer.provide(
    RateLimit.layerStore({ requests: 1_000_000, tokens: 1_000_000_000, maxWait: 0 }),
    Layer.succeed(
      RateLimit.Store,
      points.wrap(unlimited, "RateLimit.Store", (name) => new RateLimit.StoreError({ message: `${name} failed` }))
    )
  ))

const program = (plain: Store.Service, points: Points | undefined, kind: Setup["points"]) => {
  const around = kind === "store, model, transport" ? points : undefined
  const store = around === undefined ? plain : around.wrap(plain, "Store", failed)
  const model = Layer.map(Model.layerScripted, (context) => {
    const service = Context.get(context, Model.Model)
    return around === undefined ? context : Context.make(Model.Model, {
      ...service,
      reply: (prompt) =>
        around.around(
          "Model.reply",
          service.reply(prompt),
          () => new Model.ModelError({ code: "server_error", message: "The model failed" })
        )
    })
  })
  const emulator = Emulator.layer({ store: Layer.succeed(Store.Store, store), model })
  const client = OpenAiClient.layer({
    apiKey: Redacted.make(apiKey),
    baseUrl: "http://emulator.example/v1",
    ...(around !== undefined && { timeout: idle, idleTimeout: idle })
  })
  const wrapped = around === undefined ?
    emulator :
    Layer.map(
      emulator,
      (context) =>
        Context.add(context, HttpClient.HttpClient, transport(around, Context.get(context, HttpClient.HttpClient)))
    )
  const limited = kind === "rate limits" && points !== undefined ? Layer.provide(client, limits(points)) : client
  return Layer.orDie(Layer.provideMerge(limited, wrapped))
}

// -----------------------------------------------------------------------------
// one run
// -----------------------------------------------------------------------------

interface Run {
  readonly names: ReadonlyArray<string>
  readonly reached: number
  /** What is wrong. */
  readonly faults: ReadonlyArray<string>
}

const isTyped = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "_tag" in error && typeof error._tag === "string" && "message" in error

const wrongIn = (exit: Exit.Exit<unknown, unknown>, plan: Plan, mustSucceed: boolean): ReadonlyArray<string> => {
  if (Exit.isSuccess(exit)) return []
  const { cause } = exit
  const isInterrupted = [...plan.values()].some((kind) => kind === "is interrupted" || kind === "hangs")
  if (Cause.isInterruptedOnly(cause)) return isInterrupted ? [] : ["It was interrupted, and no caller did it"]
  const defects = [...Cause.defects(cause)].map((defect) => `A defect: ${String(defect)}`)
  const untyped = [...Cause.failures(cause)].filter((error) => !isTyped(error)).map((error) =>
    `Not a typed error: ${String(error)}`
  )
  const isRefused = mustSucceed && ![...plan.values()].includes("is interrupted")
  return [...defects, ...untyped, ...isRefused ? [`It did not succeed: ${Cause.pretty(cause)}`] : []]
}

const check = (facts: ReadonlyArray<Fact>) =>
  Effect.forEach(
    facts,
    (fact) =>
      Effect.match(Effect.timeoutFail(fact, { duration: "5 seconds", onTimeout: () => "A check did not end" }), {
        onFailure: (what) => [what],
        onSuccess: () => []
      })
  ).pipe(Effect.map((all) => all.flat()))

/** Runs a scenario with a plan, and then checks all that was acknowledged with a new emulator on the same state. */
const runOnce = (setup: Setup, scenario: Scenario, plan: Plan): Effect.Effect<Run> =>
  Effect.scoped(Effect.gen(function*() {
    const open = yield* setup.make
    const facts: Array<Fact> = []
    const before = held()
    const supervisor = yield* Supervisor.track
    let fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
    const points = new Points(plan, () => {
      if (fiber !== undefined) Effect.runFork(Fiber.interruptFork(fiber))
    })
    const run = Effect.scoped(
      Effect.flatMap(
        open(setup.points === "none" ? points : undefined),
        (store) => Effect.provide(scenario.run((fact) => facts.push(fact)), program(store, points, setup.points))
      )
    ).pipe(Effect.withClock(points.clock()))
    // What hangs while a store opens has no timeout, and ends with its caller.
    const stop = Effect.suspend(() =>
      Fiber.interrupt(fiber!).pipe(Effect.timeoutTo({
        duration: "2 seconds",
        onTimeout: () => Exit.die("It did not end when it was interrupted") as Exit.Exit<unknown, unknown>,
        onSuccess: (exit) => exit
      }))
    )
    const exit = yield* Effect.fork(run).pipe(
      Effect.tap((forked) =>
        Effect.sync(() => {
          fiber = forked
        })
      ),
      Effect.flatMap(Fiber.await),
      Effect.timeoutTo({
        duration: [...plan.values()].includes("hangs") ? "1 second" : "10 seconds",
        onTimeout: () => stop,
        onSuccess: (exit) => Effect.succeed(exit)
      }),
      Effect.flatten,
      Effect.supervised(supervisor)
    )
    points.stop()
    const left = yield* leftOpen(before, supervisor)
    const lost = yield* Effect.scoped(
      Effect.flatMap(
        open(undefined),
        (store) => Effect.provide(check([...facts, scenario.invariant]), program(store, undefined, setup.points))
      )
    )
    return {
      names: points.names,
      reached: points.reached,
      faults: [...wrongIn(exit, plan, setup.mustSucceed), ...left, ...lost]
    }
  })).pipe(
    Effect.catchAllCause((cause) => Effect.succeed({ names: [], reached: 0, faults: [Cause.pretty(cause)] })),
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )

// -----------------------------------------------------------------------------
// all runs
// -----------------------------------------------------------------------------

/** Numbers from 0 to below 1 that a seed decides. */
const randomOf = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Outcome {
  readonly scenario: string
  /** The number of fallible operations when all succeed. */
  readonly points: number
  readonly runs: number
  /** The number of runs in which an operation of the plan was reached. */
  readonly reached: number
  readonly faults: ReadonlyArray<string>
}

/** Tries each point of each scenario in each way, and then as many random pairs. `limit` tries fewer, at random. */
export const torture = (
  { limit = Infinity, only = "", onOutcome = () => {}, pairs = 0, seed }: {
    readonly seed: number
    readonly limit?: number | undefined
    readonly pairs?: number | undefined
    /** Default: all. The beginning of the names of the scenarios. */
    readonly only?: string | undefined
    readonly onOutcome?: ((outcome: Outcome) => void) | undefined
  }
): Effect.Effect<ReadonlyArray<Outcome>> =>
  Effect.gen(function*() {
    const random = randomOf(seed)
    const outcomes: Array<Outcome> = []
    for (const setup of setups) {
      for (const scenario of setup.scenarios.filter(({ name }) => name.startsWith(only))) {
        // A run that is slow, such as the first one, keeps a text more often while it is written. So it has more operations.
        const dries = yield* Effect.replicateEffect(runOnce(setup, scenario, new Map()), 3)
        const dry = Array.from(dries).reduce((fewest, one) => one.names.length < fewest.names.length ? one : fewest)
        const points = dry.names.length
        const single = Array.from({ length: points }, (_, index) =>
          setup.kinds.map((kind): Plan => new Map([[index + 1, kind]]))).flat()
        const chosen = limit >= single.length
          ? single
          : Array.from({ length: limit }, () =>
            single[Math.floor(random() * single.length)]!)
        const any = (): [number, Kind] => [
          1 + Math.floor(random() * points),
          setup.kinds[Math.floor(random() * setup.kinds.length)]!
        ]
        const plans = [...chosen, ...Array.from({ length: pairs }, (): Plan => new Map([any(), any()]))]
        const faults = Array.from(dries, (dry) => dry.faults).flat().map((fault) => `without a failure: ${fault}`)
        let reached = 0
        for (const plan of plans) {
          const run = yield* runOnce(setup, scenario, plan)
          if (run.reached > 0) reached++
          const where = [...plan].map(([at, kind]) => `${run.names[at - 1] ?? dry.names[at - 1]} (${at}) ${kind}`)
          faults.push(...run.faults.map((fault) => `${where.join(" and ")}: ${fault}`))
        }
        const outcome = { scenario: `${scenario.name}: ${setup.name}`, points, runs: plans.length, reached, faults }
        outcomes.push(outcome)
        onOutcome(outcome)
      }
    }
    return outcomes
  })
