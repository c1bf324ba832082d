/**
 * Scenario: one requirement of a server, as an Effect over the client. Scenarios do not depend on a test runner.
 *
 * @since 0.1.0
 */
import type * as Client from "@effect-openai/client"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Deviation } from "./Deviation.js"
import * as Refusal from "./internal/refusal.js"
import type { Wire } from "./Wire.js"

// -----------------------------------------------------------------------------
// capabilities
// -----------------------------------------------------------------------------

/** The end of "skipped, because the target …" for each capability. */
const lacks = {
  live: "serves recorded responses only",
  stateful: "does not keep objects",
  files: "does not accept uploads",
  runs: "does not process runs",
  jobs: "does not process batches and fine-tuning jobs within minutes",
  streams: "does not stream",
  scripted: "does not have a scripted model",
  authentication: "does not check keys",
  assistantsBeta: "does not require the header OpenAI-Beta",
  errors: "does not return the documented errors",
  validation: "does not check the documented limits",
  requestIds: "does not return x-request-id",
  rateLimits: "does not limit rates",
  clock: "does not let its time be advanced",
  administration: "has no admin key",
  documented: "does not serve the documentation's examples"
} as const

/**
 * What a target supports and scenarios require.
 *
 * `live`: responds to any request, not only to recorded ones. `stateful`: keeps created objects. `files`: accepts
 * uploads. `runs`: runs change their status. `streams`: `stream: true` returns events. `scripted`: the model calls
 * exactly the functions that the last message names, and returns the same text for the same request. `authentication`:
 * a missing or wrong key is refused. `assistantsBeta`: the header `OpenAI-Beta` is required. `errors`: unknown objects
 * and invalid states return the documented errors. `validation`: invalid requests are refused, and the field is named.
 * `requestIds`: responses have `x-request-id`. `rateLimits`: too many requests are refused with 429. `clock`: the time
 * can be advanced. `administration`: an admin key is given. `documented`: the documentation's examples are served.
 *
 * @since 0.1.0
 * @category models
 */
export type Capability = keyof typeof lacks

/**
 * All capabilities.
 *
 * @since 0.1.0
 * @category models
 */
export const capabilities = Object.keys(lacks) as ReadonlyArray<Capability>

/**
 * The reason why a scenario that requires a capability is skipped.
 *
 * @since 0.1.0
 * @category accessors
 */
export const because = (capability: Capability): string => `the target ${lacks[capability]}`

// -----------------------------------------------------------------------------
// failures
// -----------------------------------------------------------------------------

/**
 * A server does not meet an expectation.
 *
 * @since 0.1.0
 * @category errors
 */
export class ScenarioFailure extends Data.TaggedError("ScenarioFailure")<{
  /** The expectation, as a sentence. */
  readonly expectation: string
  /** What was found instead. */
  readonly message: string
  /** The path of the field that differs. Default: not one field. */
  readonly field?: string | undefined
  /** Default: all exchanges. `last` if only the last exchange shows the failure. */
  readonly shownBy?: "last" | undefined
}> {}

/**
 * A scenario does not apply to the target, which it found while it ran. It counts as skipped.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotApplicable extends Data.TaggedError("NotApplicable")<{
  /** The end of the sentence "skipped, because …". */
  readonly because: string
}> {}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The subject of a scenario. `happy`: one operation. `state`: several requests. `negative`: refusals. `streams`:
 * events. `properties`: generated requests.
 *
 * @since 0.1.0
 * @category models
 */
export const Group = Schema.Literal("happy", "state", "negative", "streams", "properties")

/**
 * @since 0.1.0
 * @category models
 */
export type Group = typeof Group.Type

/**
 * The settings of a run, for scenarios.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  /** The seed of generated requests. */
  readonly seed: number
  /** The number of generated requests for each operation. */
  readonly cases: number
  /** The maximum time without an expected change, for example of a run's status. */
  readonly patience: Duration.DurationInput
  /** The models of the target. */
  readonly models: Models
  /** Advances the time of the target. Fails with `NotApplicable` if that is not possible. */
  readonly advance: (duration: Duration.DurationInput) => Effect.Effect<void, NotApplicable>
}

/**
 * The models that scenarios use.
 *
 * @since 0.1.0
 * @category models
 */
export interface Models {
  /** For assistants, runs and chat completions. It must be able to call functions. */
  readonly chat: string
  /** For completions. */
  readonly completion: string
  readonly embedding: string
  /** A model that scenarios may delete. Default: none. */
  readonly deletable?: string | undefined
}

/**
 * @since 0.1.0
 * @category context
 */
export class CurrentSettings extends Context.Tag("@effect-openai/contract-tests/Scenario/CurrentSettings")<
  CurrentSettings,
  Settings
>() {}

/**
 * The services of a scenario. The scenario's scope deletes what it created.
 *
 * @since 0.1.0
 * @category models
 */
export type Services = Client.OpenAiClient.OpenAiClient | CurrentSettings | Scope.Scope | Wire

/**
 * The failures of a scenario: its own, and those of the client.
 *
 * @since 0.1.0
 * @category models
 */
export interface Failure {
  readonly _tag: string
  readonly message: string
}

/**
 * One requirement of a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Scenario {
  /** The name on the command line, for example `runs/cancel`. */
  readonly id: string
  /** The requirement, as a sentence. */
  readonly title: string
  readonly group: Group
  /** The operations that are tested. */
  readonly operations: ReadonlyArray<string>
  /** The capabilities that a target must have. */
  readonly requires: ReadonlyArray<Capability>
  /**
   * Whether it runs while no other scenario runs, because it changes what others see, or sees what others change. Default:
   * whether it requires `clock` or `rateLimits`.
   */
  readonly sequential: boolean
  readonly run: Effect.Effect<void, Failure, Services>
  /** Deviations that do not fail the scenario. */
  readonly known: ReadonlyArray<Deviation>
}

/**
 * Makes a scenario.
 *
 * @example
 * import { Assistants } from "@effect-openai/client"
 * import { Scenario } from "@effect-openai/contract-tests"
 * import { Effect } from "effect"
 *
 * const named = Scenario.make({
 *   id: "our/assistant",
 *   title: "our assistant has its name",
 *   group: "state",
 *   operations: ["getAssistant"],
 *   requires: ["stateful"],
 *   run: Effect.gen(function*() {
 *     const { name } = yield* Assistants.retrieve({ assistant_id: "asst_ours" })
 *     yield* Scenario.equal("the name is Ada", name, "Ada")
 *   })
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Omit<Scenario, Optional> & Partial<Pick<Scenario, Optional>>
): Scenario => ({
  known: [],
  requires: [],
  sequential: options.requires?.some((capability) => capability === "clock" || capability === "rateLimits") ?? false,
  ...options
})

type Optional = "known" | "requires" | "sequential"

// -----------------------------------------------------------------------------
// expectations
// -----------------------------------------------------------------------------

const show = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined ?? String(value)
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}

/**
 * Fails unless a condition holds. `found` is shown in the message.
 *
 * @since 0.1.0
 * @category expectations
 */
export const that = (expectation: string, condition: boolean, found: unknown): Effect.Effect<void, ScenarioFailure> =>
  condition ? Effect.void : new ScenarioFailure({ expectation, message: `It is ${show(found)}` })

interface Difference {
  readonly field: string
  readonly message: string
}

/** The first difference of two JSON values. undefined if they are equal. */
const difference = (actual: unknown, expected: unknown, path = ""): Difference | undefined => {
  if (Object.is(actual, expected)) return undefined
  const both = [actual, expected]
  if (
    both.every((value) => typeof value === "object" && value !== null) &&
    both.every(Array.isArray) === both.some(Array.isArray)
  ) {
    const [one, other] = both as [Record<string, unknown>, Record<string, unknown>]
    for (const key of new Set([...Object.keys(other), ...Object.keys(one)])) {
      const found = difference(
        one[key],
        other[key],
        Array.isArray(one) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`
      )
      if (found !== undefined) return found
    }
    return undefined
  }
  return {
    field: path,
    message: `${path === "" ? "It" : path} is ${show(actual)}, but should be ${show(expected)}`
  }
}

/**
 * Fails unless two JSON values are equal. The order of fields is ignored.
 *
 * @since 0.1.0
 * @category expectations
 */
export const equal = (
  expectation: string,
  actual: unknown,
  expected: unknown
): Effect.Effect<void, ScenarioFailure> => {
  const found = difference(actual, expected)
  return found === undefined ? Effect.void : new ScenarioFailure({ expectation, ...found })
}

/**
 * Fails unless a value has the fields given. Other fields are ignored.
 *
 * @since 0.1.0
 * @category expectations
 */
export const includes = (
  expectation: string,
  actual: object,
  expected: Readonly<Record<string, unknown>>
): Effect.Effect<void, ScenarioFailure> =>
  equal(
    expectation,
    Object.fromEntries(Object.keys(expected).map((key) => [key, (actual as Record<string, unknown>)[key]])),
    expected
  )

/**
 * Returns the error of an effect that fails with an error of one class. Fails otherwise.
 *
 * @since 0.1.0
 * @category expectations
 */
export const refused = <A, E extends Failure, R, Tag extends E["_tag"]>(
  expectation: string,
  tag: Tag,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Extract<E, { readonly _tag: Tag }>, ScenarioFailure, R> =>
  Effect.matchEffect(Refusal.expected(effect), {
    onFailure: (error) =>
      error._tag === tag
        ? Effect.succeed(error as Extract<E, { readonly _tag: Tag }>)
        : new ScenarioFailure({ expectation, message: `It failed with ${error._tag}: ${error.message}` }),
    onSuccess: (value) => new ScenarioFailure({ expectation, message: `It succeeded with ${show(value)}` })
  })

/**
 * Returns a value that is neither undefined nor null. Fails otherwise.
 *
 * @since 0.1.0
 * @category expectations
 */
export const present = <A>(expectation: string, value: A | null | undefined): Effect.Effect<A, ScenarioFailure> =>
  value === undefined || value === null
    ? new ScenarioFailure({ expectation, message: `It is ${value}` })
    : Effect.succeed(value)
