/**
 * Models: which models there are.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Resource from "./Resource.js"
import * as Tolerant from "./Tolerant.js"

const ModelId = Endpoint.pathParameter("The ID of the model, as in `gpt-4o` or `ft:gpt-4o-mini:org:suffix:id`.")

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A model that can be used.
 *
 * @since 0.1.0
 * @category models
 */
export const Model = Schema.Struct({
  id: Schema.String.pipe(described("The model's ID, by which requests name it.")),
  created: Tolerant.optional(Common.timestamp("When the model was created, as a Unix time in seconds.")),
  object: Schema.Literal("model").pipe(described("The object type, always `model`.")),
  owned_by: Tolerant.optional(Schema.String.pipe(described("The organization that owns the model.")))
}).annotations({ identifier: "Model", title: "Model", description: "A model that can be used." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Model extends Schema.Schema.Type<typeof Model> {}

/**
 * All models, on one page.
 *
 * @since 0.1.0
 * @category models
 */
export const ListModelsResponse = Schema.Struct({
  object: Schema.Literal("list").pipe(described("The object type, always `list`.")),
  data: Schema.Array(Model).pipe(described("The models."))
}).annotations({ identifier: "ListModelsResponse", description: "All models, on one page." })

/**
 * @since 0.1.0
 * @category models
 */
export interface ListModelsResponse extends Schema.Schema.Type<typeof ListModelsResponse> {}

/**
 * That a model was deleted.
 *
 * @since 0.1.0
 * @category models
 */
export const DeleteModelResponse = Schema.Struct({
  id: Schema.String.pipe(described("The ID of the deleted model.")),
  deleted: Schema.Boolean.pipe(described("Whether the model was deleted.")),
  object: Schema.String.pipe(described("The object type, `model`."))
}).annotations({ identifier: "DeleteModelResponse", description: "That a model was deleted." })

/**
 * @since 0.1.0
 * @category models
 */
export interface DeleteModelResponse extends Schema.Schema.Type<typeof DeleteModelResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * List models.
 *
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listModels",
  summary: "List models",
  description: "Answers all models that can be used, on one page.",
  method: "GET",
  path: "/models",
  success: Endpoint.json(ListModelsResponse)
})

/**
 * Retrieve model.
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieveModel",
  summary: "Retrieve model",
  description: "Answers one model.",
  method: "GET",
  path: "/models/{model}",
  parameters: { model: ModelId },
  success: Endpoint.json(Model)
})

const delete_ = Endpoint.make({
  name: "deleteModel",
  summary: "Delete a fine-tuned model",
  description: "Deletes a fine-tuned model. Only owners of the organization may.",
  method: "DELETE",
  path: "/models/{model}",
  parameters: { model: ModelId },
  success: Endpoint.json(DeleteModelResponse)
})

export {
  /**
   * Delete a fine-tuned model.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Models",
  title: "Models",
  description: "The models that are available.",
  operations: { list, retrieve, delete: delete_ }
})
