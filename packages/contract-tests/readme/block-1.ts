import { OpenAiClient } from "@effect-openai/client"
import { Fixture, Replay } from "@effect-openai/contract-tests"
import { Effect, Layer, Redacted } from "effect"

const Recorded = Layer.unwrapEffect(Effect.map(Fixture.readDirectory("fixtures"), (fixtures) => Replay.layer(fixtures)))

const OpenAi = OpenAiClient.layer({ apiKey: Redacted.make(Fixture.placeholder) }).pipe(Layer.provide(Recorded))
