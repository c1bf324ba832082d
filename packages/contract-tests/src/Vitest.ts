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
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, it } from "vitest"
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

const sentence = ({ exchanges, findings, verdict }: Report.Result): string => {
  if (verdict._tag !== "Failed") return ""
  const last = exchanges.at(-1)
  return [
    `Expected: ${verdict.expectation}`,
    `But: ${verdict.message}`,
    ...findings.map(({ example, field, operation, what }) =>
      `  ${operation}: ${field === "" ? "the response" : field} ${what}${
        example === null ? "" : ` (the value was ${example})`
      }`
    ),
    ...last === undefined ? [] : [
      `The last of ${exchanges.length} requests: ${last.request.method} ${last.request.path} ${
        last.request.body?.text ?? ""
      }`,
      `Its response: ${last.response?.status ?? last.failure} ${last.response?.body?.text?.slice(0, 2000) ?? ""}`
    ]
  ].join("\n")
}

/**
 * Registers the suite for a target: a test for each scenario, in a `describe` with the target's name. Scenarios that do
 * not apply are skipped with the reason. The target is built before the first test and released after the last test.
 *
 * @since 0.1.0
 * @category registration
 */
export const registerTarget = (target: Target.Target, settings: Settings = {}): void => {
  const scenarios = Suite.scenariosFor(target, settings.only)
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
          const error = new Error(`${sentence(result)}\nSeed: ${seed}`)
          // The stack says nothing about the target.
          error.stack = error.message
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
