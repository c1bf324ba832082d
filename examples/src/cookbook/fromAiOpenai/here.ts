/**
 * The layers of `@effect-openai/ai`.
 */
import { OpenAiEmbeddingModel, OpenAiLanguageModel } from "@effect-openai/ai"
import { OpenAiClient } from "@effect-openai/client"
import { FetchHttpClient } from "@effect/platform"
import { Layer } from "effect"

// #region client
const OpenAiLive = OpenAiClient.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))
// #endregion client

// #region model
export const ModelLive = OpenAiLanguageModel.layer({
  model: "gpt-4o",
  config: { max_completion_tokens: 400, temperature: 0 }
}).pipe(Layer.provide(OpenAiLive))
// #endregion model

// #region embeddings
export const EmbeddingsLive = OpenAiEmbeddingModel.layerBatched({
  model: "text-embedding-3-small",
  config: { maxBatchSize: 256 }
}).pipe(Layer.provide(OpenAiLive))
// #endregion embeddings
