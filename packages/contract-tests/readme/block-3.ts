import { Render, Suite, Target } from "@effect-openai/contract-tests"
import { Console, Effect, Redacted } from "effect"

const program = Effect.gen(function*() {
  const target = Target.baseUrl({
    baseUrl: "http://127.0.0.1:8080/v1",
    apiKey: Redacted.make("sk-test"),
    capabilities: { runs: false }
  })
  const report = yield* Suite.run({
    target,
    only: ["createAssistant", "lists"],
    onResult: (result) => Console.log(Render.line(result))
  })
  yield* Render.write(report, "out")
  return report.totals.failed === 0
})
