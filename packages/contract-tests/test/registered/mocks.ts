import * as ContractTests from "@effect-openai/contract-tests/Vitest"
import { Emulator } from "@effect-openai/emulator"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Layer } from "effect"

// Mocks of other projects. Suite.test.ts runs this file, and reads its results.

ContractTests.register("a mock that keeps the contract", {
  layer: Emulator.layer(),
  capabilities: { authentication: false, runs: false },
  only: ["createAssistant", "deleteAssistant"],
  cases: 3
})

ContractTests.register("a mock that returns {} to everything", {
  layer: Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, Response.json({}))))
  ),
  only: ["createAssistant"],
  seed: 7
})

ContractTests.register("a mock that fails with a long line", {
  layer: Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) =>
      Effect.succeed(HttpClientResponse.fromWeb(request, new Response("at x".repeat(100_000), { status: 500 })))
    )
  ),
  only: ["assistants", "limits"],
  patience: 0
})
