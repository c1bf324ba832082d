import { FetchHttpClient, OpenAiClient } from "@effect-openai/client"
import { Effect, Layer, Redacted } from "effect"
import { calls, run } from "./calls.js"

/** Calls a server over fetch. */
export const check = (baseUrl: string) =>
  run(Effect.provide(
    calls,
    OpenAiClient.layer({ apiKey: Redacted.make("sk-test"), baseUrl }).pipe(Layer.provide(FetchHttpClient.layer))
  ))
