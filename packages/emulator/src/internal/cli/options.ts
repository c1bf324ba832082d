import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Profile from "../../Profile.js"

const text = (name: string, pseudoName: string, description: string) =>
  Options.text(name).pipe(Options.withPseudoName(pseudoName), Options.withDescription(description))

const filtered = <A, B>(option: Options.Options<A>, filter: (value: A) => Option.Option<B>, message: string) =>
  Options.filterMap(option, filter, message)

const allOf = (pattern: RegExp) =>
  Option.liftPredicate((values: ReadonlyArray<string>) => values.every((value) => pattern.test(value)))

const perMinute = (name: string, description: string) =>
  filtered(
    Options.integer(name).pipe(Options.withDescription(description)),
    Option.liftPredicate((value) => value > 0),
    `--${name} is not above 0`
  ).pipe(Options.optional)

/** The options of the command. */
export const options = {
  port: filtered(
    Options.integer("port").pipe(Options.withDescription("The port to listen on. 0: any free port.")),
    Option.liftPredicate((port) => port >= 0 && port <= 65_535),
    "--port is not between 0 and 65535"
  ).pipe(Options.withDefault(8080)),
  host: text("host", "address", "The address to listen on. Default: only this machine has access.").pipe(
    Options.withDefault("127.0.0.1")
  ),
  allowedHosts: text(
    "allowed-host",
    "name",
    "A name that the header Host may have besides localhost and loopback addresses; * is any. Can be repeated. Default: on " +
      "a loopback address, none, unless both --api-key and --admin-key are set; otherwise any."
  ).pipe(
    Options.repeated,
    (option) =>
      filtered(option, allOf(/^(?:\*|[\w.-]+|\[[\da-f:.]+\])$/i), "--allowed-host is not a host name without a port")
  ),
  cors: text(
    "cors",
    "origin",
    "An origin whose web pages may read responses besides those of loopback, https://app.example for example; * is any. " +
      "Can be repeated. Default: none, unless both --api-key and --admin-key are set, then any."
  ).pipe(
    Options.repeated,
    (option) => filtered(option, allOf(/^(?:\*|null|[a-z][a-z\d+.-]*:\/\/[^\s/?#]+)$/i), "--cors is not an origin")
  ),
  store: text(
    "store",
    "memory|path|url",
    "Where everything is kept: in the memory of the process, in an SQLite file, or in a PostgreSQL database, " +
      "postgres://user@host/database for example. EMULATOR_STORE can state it too, without others seeing its password in " +
      "the list of processes."
  ).pipe(
    Options.withFallbackConfig(Config.nonEmptyString("EMULATOR_STORE")),
    Options.withDefault("memory"),
    Options.map((store) => Redacted.make(store))
  ),
  // An option that is redacted can't be repeated: each is parsed twice.
  apiKeys: text(
    "api-key",
    "key",
    "A key that is accepted; may be repeated. Others see it in the list of processes: EMULATOR_API_KEYS holds keys too, " +
      "with commas between them. Without either, any key is accepted."
  ).pipe(Options.repeated, Options.map((keys) => keys.map((key) => Redacted.make(key)))),
  adminKeys: text(
    "admin-key",
    "key",
    "A key that operations of administration accept. Can be repeated. EMULATOR_ADMIN_KEYS can have keys too, separated " +
      "by commas. Default: any key that is not an API key."
  ).pipe(Options.repeated, Options.map((keys) => keys.map((key) => Redacted.make(key)))),
  seed: text(
    "seed",
    "text",
    "The seed of identifiers, arguments and random faults, so that they are the same in each run."
  ).pipe(
    Options.optional
  ),
  clock: filtered(
    text("clock", "time", "A time that never changes, 2024-04-15T00:00:00Z for example. Runs never expire then."),
    DateTime.make,
    "--clock is not a time"
  ).pipe(Options.optional),
  script: text("script", "path", "A file of JSON with the replies of the model: { \"turns\": [ … ] }.").pipe(
    Options.optional
  ),
  modelUrl: text(
    "model-url",
    "url",
    "A server of chat completions as the model, http://127.0.0.1:11434/v1 for example."
  ).pipe(Options.optional),
  modelKey: Options.redacted("model-key").pipe(
    Options.withPseudoName("key"),
    Options.withDescription("The key of that server; else EMULATOR_MODEL_KEY."),
    Options.optional
  ),
  modelName: text("model-name", "model", "The model that is asked there, whichever a request names.").pipe(
    Options.optional
  ),
  tokenizer: Options.choice("tokenizer", ["words", "gpt-tokenizer"]).pipe(
    Options.withDescription(
      "How tokens are counted: by words and signs, or as OpenAI's models do, by the package gpt-tokenizer. Default: words."
    ),
    Options.withDefault("words" as const)
  ),
  profile: Options.choiceWithValue(
    "profile",
    Object.entries<Profile.Profile>(Profile.profiles).map(([name, profile]) => [name, profile] as const)
  ).pipe(
    Options.withDescription("Plays a known server, with its deviations from the documentation. Default: none."),
    Options.optional
  ),
  faults: text("faults", "path", "A file of JSON with failures on purpose: { \"rules\": [ … ] }.").pipe(
    Options.optional
  ),
  control: Options.boolean("control").pipe(
    Options.withDescription("Lets callers ask for faults: by /_emulator/faults, and by the header x-emulator-fault.")
  ),
  noPages: Options.boolean("no-pages").pipe(
    Options.withDescription("Serves no pages for people. Default: they are at / and /docs.")
  ),
  requestsPerMinute: perMinute("requests-per-minute", "How many requests of a model in a minute do not get 429."),
  tokensPerMinute: perMinute("tokens-per-minute", "How many tokens of a model in a minute do not get 429."),
  logLevel: Options.choiceWithValue(
    "log-level",
    [LogLevel.Debug, LogLevel.Info, LogLevel.Warning, LogLevel.Error, LogLevel.None].map((level) =>
      [level._tag.toLowerCase(), level] as const
    )
  ).pipe(
    Options.withDescription("Default: info, which logs each request."),
    Options.withDefault(LogLevel.Info)
  ),
  drainDeadline: filtered(
    text(
      "drain-deadline",
      "duration",
      "How long responses may take to end at SIGTERM or SIGINT, 10 seconds for example."
    ),
    (given) => Option.filter(Duration.decodeUnknown(given), Duration.isFinite),
    "--drain-deadline is not a duration"
  ).pipe(Options.withDefault(Duration.seconds(10)))
} as const

/** The values of the options. */
export type Given = Command.Command.ParseConfig<typeof options>
