import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as ChatCompletionsModel from "../../ChatCompletionsModel.js"
import * as Emulator from "../../Emulator.js"
import * as Faults from "../../Faults.js"
import * as Ids from "../../Ids.js"
import * as Model from "../../Model.js"
import type { PgStoreError } from "../../PgStore.js"
import * as Script from "../../Script.js"
import type { SqliteStoreError } from "../../SqliteStore.js"
import * as Store from "../../Store.js"
import * as JsonFile from "../jsonFile.js"
import type { Given } from "./options.js"

type Files = FileSystem.FileSystem | Path.Path

/** The options of the command are wrong. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

// -----------------------------------------------------------------------------
// keys
// -----------------------------------------------------------------------------

const checkKeys = (option: string, variable: string, keys: ReadonlyArray<Redacted.Redacted>) =>
  keys.every((key) => /^[\x21-\x7e]+$/.test(Redacted.value(key)))
    ? Effect.succeed(keys)
    : new UsageError({
      message: `A key of ${option} or ${variable} is empty, or has characters that a header can't have`
    })

const keysOf = (option: string, variable: string, given: ReadonlyArray<Redacted.Redacted>) =>
  Effect.gen(function*() {
    const fromEnvironment = yield* Config.option(Config.array(Config.redacted(), variable))
    const keys = [...given, ...Option.getOrElse(fromEnvironment, () => [])]
    return keys.length === 0 ? undefined : yield* checkKeys(option, variable, keys)
  })

// -----------------------------------------------------------------------------
// store
// -----------------------------------------------------------------------------

/** Loads a store. Its packages, and native modules with them, need to be installed only where it is used. */
const load = <A>(driver: string, module: () => Promise<A>) =>
  Effect.tryPromise({
    try: module,
    catch: (cause) =>
      new UsageError({
        message: `--store needs the packages @effect/sql and ${driver}, and can't load them: ` +
          (cause instanceof Error ? cause.message : String(cause))
      })
  })

type StoreLayer = Layer.Layer<Store.Store, PgStoreError | SqliteStoreError, Files>

const storeOf = ({ store }: Given): Effect.Effect<StoreLayer, UsageError> => {
  const text = Redacted.value(store)
  if (text === "memory") return Effect.succeed(Layer.fresh(Store.layerMemory))
  return /^[a-z]+:\/\//i.test(text)
    ? Effect.map(
      load("@effect/sql-pg", () => import("../../PgStore.js")),
      (PgStore) => PgStore.layer({ url: store })
    )
    : Effect.map(
      load("@effect/sql-sqlite-node", () => import("../../SqliteStore.js")),
      (SqliteStore) => SqliteStore.layer({ filename: text })
    )
}

// -----------------------------------------------------------------------------
// identifiers
// -----------------------------------------------------------------------------

const starts = Store.collection<Store.Document & { readonly starts: number }>({
  name: "emulator.starts",
  timeOf: () => 0,
  isShared: true
})

/** Identifiers by a seed. A store that outlives the process has those of its earlier starts. */
const layerSeeded = (seed: string) =>
  Layer.unwrapEffect(
    Effect.gen(function*() {
      const store = yield* Store.Store
      const before = yield* store.transaction(Effect.gen(function*() {
        const found = yield* store.get(starts, seed, "", "update")
        const before = Option.match(found, { onNone: () => 0, onSome: ({ starts }) => starts })
        yield* store.set(starts, { id: seed, starts: before + 1 })
        return before
      }))
      return Ids.layerSeeded(before === 0 ? seed : `${seed} ${before}`)
    })
  )

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

const isHttp = (url: string): boolean => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)

const modelOf = ({ modelKey, modelName, modelUrl, script, seed }: Given) =>
  Effect.gen(function*() {
    if (Option.isNone(modelUrl)) {
      if (Option.isSome(modelKey) || Option.isSome(modelName)) {
        return yield* new UsageError({ message: "--model-key and --model-name are for --model-url" })
      }
      return Option.match(script, {
        onNone: () => Option.match(seed, { onNone: () => Model.layerScripted, onSome: Model.layerSeeded }),
        onSome: (path) =>
          Layer.catchAll(Script.layerFile(path), ({ message }) =>
            Layer.fail(new UsageError({ message: `--script ${message}` })))
      })
    }
    if (Option.isSome(script)) {
      return yield* new UsageError({ message: "--script and --model-url exclude each other" })
    }
    if (!isHttp(modelUrl.value)) {
      return yield* new UsageError({ message: "--model-url is not an http or https URL" })
    }
    const variable = "EMULATOR_MODEL_KEY"
    const fromEnvironment = yield* Config.option(Config.redacted(variable))
    const [apiKey] = yield* checkKeys("--model-key", variable, [
      ...Option.toArray(Option.orElse(modelKey, () =>
        fromEnvironment))
    ])
    return ChatCompletionsModel.layer({
      baseUrl: modelUrl.value,
      apiKey,
      model: Option.getOrUndefined(modelName)
    }).pipe(Layer.provide(FetchHttpClient.layer))
  })

// -----------------------------------------------------------------------------
// tokenizer
// -----------------------------------------------------------------------------

/** Its package needs to be installed only where it is used. */
const tokenizerOf = ({ tokenizer }: Given) =>
  tokenizer === "words"
    ? undefined
    : Layer.mapError(
      Layer.unwrapEffect(Effect.map(Effect.promise(() => import("../../GptTokenizer.js")), ({ layer }) => layer)),
      ({ message }) => new UsageError({ message: `--tokenizer ${tokenizer}: ${message}` })
    )

// -----------------------------------------------------------------------------
// faults
// -----------------------------------------------------------------------------

const faultsOf = ({ control, faults, seed }: Given) =>
  Effect.gen(function*() {
    const base = { control, seed: Option.getOrUndefined(seed) }
    if (Option.isNone(faults)) return base
    const rules = yield* Effect.mapError(
      JsonFile.read(faults.value, Faults.Rules, "{ \"rules\": [ … ] }"),
      ({ message }) => new UsageError({ message: `--faults ${message}` })
    )
    return { ...base, ...rules }
  })

// -----------------------------------------------------------------------------
// emulator
// -----------------------------------------------------------------------------

/** The emulator that the command line asks for. */
export const optionsOf = (
  given: Given
): Effect.Effect<
  Emulator.Options<ConfigError.ConfigError | UsageError | PgStoreError | SqliteStoreError | Store.StoreError, Files>,
  ConfigError.ConfigError | UsageError,
  Files
> =>
  Effect.gen(function*() {
    const store = yield* storeOf(given)
    return {
      apiKeys: yield* keysOf("--api-key", "EMULATOR_API_KEYS", given.apiKeys),
      adminKeys: yield* keysOf("--admin-key", "EMULATOR_ADMIN_KEYS", given.adminKeys),
      // Without a value the option is not given.
      allowedHosts: given.allowedHosts.length > 0 ? given.allowedHosts : undefined,
      cors: given.cors.length > 0 ? given.cors : undefined,
      store,
      ids: Option.match(given.seed, {
        onNone: () => Ids.layerRandom,
        onSome: (seed) => Layer.provide(layerSeeded(seed), store)
      }),
      model: yield* modelOf(given),
      tokenizer: tokenizerOf(given),
      clock: Option.getOrUndefined(Option.map(given.clock, Emulator.clockAt)),
      profile: Option.getOrUndefined(given.profile),
      faults: yield* faultsOf(given),
      pages: !given.noPages,
      rateLimits: {
        requestsPerMinute: Option.getOrUndefined(given.requestsPerMinute),
        tokensPerMinute: Option.getOrUndefined(given.tokensPerMinute)
      },
      requestLogLevel: LogLevel.Info,
      drain: given.drainDeadline
    }
  })
