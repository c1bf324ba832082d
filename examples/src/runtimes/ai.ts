import { OpenAiLanguageModel } from "@effect-openai/ai"
import { FetchHttpClient, OpenAiClient } from "@effect-openai/client"
import { LanguageModel } from "@effect/ai"
import { Effect, Layer, Redacted } from "effect"
import { expect, run } from "./calls.js"

/** Generates text over fetch. */
export const check = (baseUrl: string) =>
  run(
    LanguageModel.generateText({ prompt: "Say this: twelve pages" }).pipe(
      Effect.flatMap(({ text }) => expect(text !== "", "the model says nothing")),
      Effect.provide(
        OpenAiLanguageModel.layer({ model: "gpt-4o" }).pipe(
          Layer.provide(OpenAiClient.layer({ apiKey: Redacted.make("sk-test"), baseUrl })),
          Layer.provide(FetchHttpClient.layer)
        )
      )
    )
  )
