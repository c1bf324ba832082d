/**
 * Scenarios: what a server must do, told as Effects over the client and independent of any test runner. A scenario asks,
 * and fails with what it expected and what came.
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
import type { Wire } from "./Wire.js"

// -----------------------------------------------------------------------------
// capabilities
// -----------------------------------------------------------------------------

/** What a target that lacks a capability does not do: the end of "skipped, because the target …". */
const lacks = {
  live: "responses nothing but what was recorded",
  stateful: "keeps no state",
  files: "takes no uploads",
  runs: "has no runs that move",
  streams: "streams no events",
  scripted: "has a model of its own mind",
  authentication: "checks no key",
  assistantsBeta: "does not ask for the header OpenAI-Beta",
  errors: "does not response the documented errors",
  validation: "does not refuse what exceeds the documented limits",
  requestIds: "gives its responses no ID",
  rateLimits: "limits no rates",
  clock: "has a clock that nobody can move",
  administration: "has no admin key",
  documented: "does not know the objects of the documentation's examples"
} as const

/**
 * Something that a target can do, and that scenarios ask for.
 *
 * `live`: responses any request, and not recordings alone. `stateful`: what was created is there afterwards. `files`: takes uploads. `runs`: runs move through their statuses.
 * `streams`: responses `stream: true` with events. `scripted`: its model calls exactly the functions that the last message
 * names, and otherwise responses text, the same request with the same one. `authentication`: refuses a missing or wrong key. `assistantsBeta`: asks for the
 * header. `errors`: responses the documented errors for what does not exist and what a state excludes. `validation`: refuses
 * requests that do not fit the contract, and names the field. `requestIds`: responses carry `x-request-id`. `rateLimits`:
 * can be brought to response 429. `clock`: its time can be moved. `documented`: responses the documentation's examples.
 *
 * @since 0.1.0
 * @category models
 */
export type Capability = keyof typeof lacks

/**
 * Every capability.
 *
 * @since 0.1.0
 * @category models
 */
export const capabilities = Object.keys(lacks) as ReadonlyArray<Capability>

/**
 * Why a scenario that asks for a capability is skipped on a target without it.
 *
 * @since 0.1.0
 * @category accessors
 */
export const because = (capability: Capability): string => `the target ${lacks[capability]}`

// -----------------------------------------------------------------------------
// failures
// -----------------------------------------------------------------------------

/**
 * A server did not do what it must.
 *
 * @since 0.1.0
 * @category errors
 */
export class ScenarioFailure extends Data.TaggedError("ScenarioFailure")<{
  /** What should have been, as a sentence. */
  readonly expectation: string
  /** What was instead. */
  readonly message: string
}> {}

/**
 * A scenario found, when it looked, that it does not apply. It is counted as skipped.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotApplicable extends Data.TaggedError("NotApplicable")<{
  /** Why, as the end of "skipped, because …". */
  readonly because: string
}> {}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * What a scenario is about. `happy`: an operation does what it is for. `state`: several calls fit together. `negative`:
 * what must be refused is. `streams`: events. `properties`: generated requests.
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
 * What a scenario is told by who runs it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  /** What everything generated is generated from. */
  readonly seed: number
  /** How many requests a property generates for each operation. */
  readonly cases: number
  /** How long something that must change may stay as it is. */
  readonly patience: Duration.DurationInput
  /** The models that the target serves. */
  readonly models: Models
  /** Moves the target's time; it fails with `NotApplicable` where nobody can. */
  readonly advance: (duration: Duration.DurationInput) => Effect.Effect<void, NotApplicable>
}

/**
 * Which models scenarios ask for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Models {
  /** For assistants, runs and chat completions; it can call functions. */
  readonly chat: string
  readonly embedding: string
  /** One that may be deleted for good, if there is one. */
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
 * What a scenario may use. What it creates it hands to its scope, which deletes it.
 *
 * @since 0.1.0
 * @category models
 */
export type Services = Client.OpenAiClient.OpenAiClient | CurrentSettings | Scope.Scope | Wire

/**
 * What a scenario may fail with: its own failures, and whatever the client fails with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Failure {
  readonly _tag: string
  readonly message: string
}

/**
 * One thing that a server must do.
 *
 * @since 0.1.0
 * @category models
 */
export interface Scenario {
  /** Its name on the command line, `runs/cancel` say. */
  readonly id: string
  /** What must hold, as a sentence. */
  readonly title: string
  readonly group: Group
  /** The operations that it is about. */
  readonly operations: ReadonlyArray<string>
  /** What a target must be able to do for it. */
  readonly requires: ReadonlyArray<Capability>
  readonly run: Effect.Effect<void, Failure, Services>
  /** Deviations that are known, and no failure. */
  readonly known: ReadonlyArray<Deviation>
}

/**
 * States a scenario.
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
  options: Omit<Scenario, "known" | "requires"> & Partial<Pick<Scenario, "known" | "requires">>
): Scenario => ({ known: [], requires: [], ...options })

// -----------------------------------------------------------------------------
// expectations
// -----------------------------------------------------------------------------

const show = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined ?? String(value)
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}

/**
 * Fails unless a condition holds.
 *
 * @since 0.1.0
 * @category expectations
 */
export const that = (expectation: string, condition: boolean, came: unknown): Effect.Effect<void, ScenarioFailure> =>
  condition ? Effect.void : new ScenarioFailure({ expectation, message: `It is ${show(came)}` })

/** The first place where two values of JSON differ; undefined where they are the same. */
const difference = (actual: unknown, expected: unknown, path = ""): string | undefined => {
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
  return `${path === "" ? "It" : path} is ${show(actual)}, and should be ${show(expected)}`
}

/**
 * Fails unless two values of JSON are equal, whatever the order of their fields.
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
  return found === undefined ? Effect.void : new ScenarioFailure({ expectation, message: found })
}

/**
 * Fails unless a value has the fields given, whatever else it has.
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
 * Fails unless an effect fails with an error of one kind, which it gives.
 *
 * @since 0.1.0
 * @category expectations
 */
export const refused = <A, E extends Failure, R, Tag extends E["_tag"]>(
  expectation: string,
  tag: Tag,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Extract<E, { readonly _tag: Tag }>, ScenarioFailure, R> =>
  Effect.matchEffect(effect, {
    onFailure: (error) =>
      error._tag === tag
        ? Effect.succeed(error as Extract<E, { readonly _tag: Tag }>)
        : new ScenarioFailure({ expectation, message: `It failed with ${error._tag}: ${error.message}` }),
    onSuccess: (value) => new ScenarioFailure({ expectation, message: `It succeeded with ${show(value)}` })
  })

/**
 * The value, unless it is undefined: then it fails.
 *
 * @since 0.1.0
 * @category expectations
 */
export const present = <A>(expectation: string, value: A | null | undefined): Effect.Effect<A, ScenarioFailure> =>
  value === undefined || value === null
    ? new ScenarioFailure({ expectation, message: `It is ${value}` })
    : Effect.succeed(value)
