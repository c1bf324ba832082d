/**
 * The suite under vitest: each scenario is a test, so that a mock's own tests check it against the contract.
 *
 * `vitest` is an optional peer dependency, and the index of the package does not export this module. Import it as
 * `@effect-openai/contract-tests/Vitest`.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, it } from "vitest"
import * as view from "./internal/render/view.js"
import type * as Report from "./Report.js"
import * as Suite from "./Suite.js"
import * as Target from "./Target.js"

/**
 * The settings of a registered suite.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings extends Suite.Settings {
  /** Default: all. The IDs, beginnings of IDs, or operations of the scenarios to run. */
  readonly only?: ReadonlyArray<string> | undefined
}

/** The maximum length of a line. vitest reads the lines of an error, in a time that grows faster than their length. */
const maxLine = 500

/** A text with lines that end early, and fewer of them. */
const cut = (text: string, maxLines = 40): string => {
  const lines = text.split("\n").map((line) => line.length > maxLine ? `${line.slice(0, maxLine)}…` : line)
  return lines.length > maxLines ? [...lines.slice(0, maxLines), "…"].join("\n") : lines.join("\n")
}

const messageOf = ({ exchanges, findings, left, verdict }: Report.Result): string => {
  if (verdict._tag !== "Failed") return ""
  const last = exchanges.at(-1)
  return [
    cut(`Expected: ${verdict.expectation}`),
    cut(`But: ${verdict.message}`),
    ...findings.map((finding) => cut(`  ${view.sentence(finding)}`)),
    ...last === undefined ? [] : [
      cut(`The last of ${exchanges.length} requests: ${last.request.method} ${last.request.path}`),
      ...last.request.body?.text == null ? [] : [cut(`Its body: ${last.request.body.text}`)],
      cut(`Its response: ${last.response?.status ?? last.failure} ${last.response?.body?.text ?? ""}`)
    ],
    ...left.map((path) => cut(`Not deleted: ${path}`))
  ].join("\n")
}

/**
 * Registers the suite for a target: a test for each scenario, in a `describe` with the target's name. Scenarios that do
 * not apply are skipped with the reason. Throws if a name in `only` or in the target's operations is unknown. The target is built before the first test and released after the last test.
 *
 * @since 0.1.0
 * @category registration
 */
export const registerTarget = (target: Target.Target, settings: Settings = {}): void => {
  const scenarios = Either.getOrThrowWith(Suite.scenariosFor(target, settings.only), identity)
  const seed = settings.seed ?? Suite.defaultSeed
  describe(target.name, () => {
    const scope = Effect.runSync(Scope.make())
    let context: Context.Context<Target.Connection>
    beforeAll(async () => {
      context = await Effect.runPromise(Layer.buildWithScope(target.layer, scope))
    }, 60_000)
    afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

    for (const scenario of scenarios) {
      const timeout = Duration.toMillis(settings.timeout ?? Suite.defaultTimeout) + 10_000
      it(`${scenario.id}: ${scenario.title}`, { timeout }, async ({ skip }) => {
        const result = await Effect.runPromise(
          Effect.provide(Suite.runScenario(target, scenario, settings), context)
        )
        if (result.verdict._tag === "Skipped") skip(`skipped, because ${result.verdict.because}`)
        if (result.verdict._tag === "Failed") {
          const error = new Error(`${messageOf(result)}\nSeed: ${seed}`)
          // The stack shows nothing of the target. Reporters print the message if the stack is empty.
          error.stack = ""
          throw error
        }
      })
    }
  })
}

/**
 * Registers the suite for a transport: a mock, an emulator, or a proxy.
 *
 * ```ts
 * // Not run with the other examples, because vitest can only be imported by its tests. The README has a compiled copy.
 * import * as ContractTests from "@effect-openai/contract-tests/Vitest"
 * import { Emulator } from "@effect-openai/emulator"
 *
 * ContractTests.register("our mock", {
 *   layer: Emulator.layer(),
 *   capabilities: { authentication: false },
 *   only: ["createAssistant", "getAssistant"]
 * })
 * ```
 *
 * @since 0.1.0
 * @category registration
 */
export const register = <E>(
  name: string,
  options: Settings & Omit<Target.HttpClientOptions, "name"> & {
    readonly layer: Layer.Layer<HttpClient.HttpClient, E>
  }
): void => registerTarget(Target.fromHttpClient(options.layer, { ...options, name }), options)
