import { OpenAiClient } from "@effect-openai/client"
import { Emulator } from "@effect-openai/emulator"
import { Effect, Layer, Redacted } from "effect"
import { calls, run } from "./calls.js"

/** Calls the emulator in the same process, with its store in memory. */
export const check = () =>
  run(Effect.provide(
    calls,
    OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(Layer.provide(Emulator.layer()))
  ))
