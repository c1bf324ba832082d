import * as ContractTests from "@effect-openai/contract-tests/Vitest"
import { Emulator } from "@effect-openai/emulator"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Layer } from "effect"

// Mocks as somebody else would have them. Suite.test.ts runs this file, and looks at what comes of it.

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
