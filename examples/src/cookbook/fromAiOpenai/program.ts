/**
 * A program of `@effect/ai`, which runs over both.
 */
import { LanguageModel, Tool, Toolkit } from "@effect/ai"
import { Effect, Schema } from "effect"

const GetWeather = Tool.make("get_weather", {
  description: "The weather in a city",
  parameters: { city: Schema.String },
  success: Schema.Struct({ celsius: Schema.Number })
})

export const toolkit = Toolkit.make(GetWeather)

export const program = LanguageModel.generateText({ prompt: "How warm is it in Lisbon?", toolkit }).pipe(
  Effect.map(({ toolResults }) => toolResults)
)
