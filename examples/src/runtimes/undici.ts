import { OpenAiClient } from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { Effect, Layer, Redacted } from "effect"
import { calls, run } from "./calls.js"

/** Calls a server over undici. */
export const check = (baseUrl: string) =>
  run(Effect.provide(
    calls,
    OpenAiClient.layer({ apiKey: Redacted.make("sk-test"), baseUrl }).pipe(Layer.provide(UndiciHttpClient.layer))
  ))
