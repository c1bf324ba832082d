/**
 * The layers of `@effect/ai-openai`.
 */
import { OpenAiClient, OpenAiEmbeddingModel, OpenAiLanguageModel } from "@effect/ai-openai"
import { FetchHttpClient } from "@effect/platform"
import { Config, Layer } from "effect"

// #region client
const OpenAiLive = OpenAiClient.layerConfig({
  apiKey: Config.redacted("OPENAI_API_KEY"),
  apiUrl: Config.withDefault(Config.string("OPENAI_BASE_URL"), undefined)
}).pipe(Layer.provide(FetchHttpClient.layer))
// #endregion client

// #region model
export const ModelLive = OpenAiLanguageModel.layer({
  model: "gpt-4o",
  config: { max_output_tokens: 400, temperature: 0 }
}).pipe(Layer.provide(OpenAiLive))
// #endregion model

// #region embeddings
export const EmbeddingsLive = OpenAiEmbeddingModel.layerBatched({
  model: "text-embedding-3-small",
  config: { maxBatchSize: 256 }
}).pipe(Layer.provide(OpenAiLive))
// #endregion embeddings
