/**
 * Models: the models that are available.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Tolerant from "./Tolerant.js"

const ModelId = Endpoint.pathParameter("The ID of the model, as in `gpt-4o` or `ft:gpt-4o-mini:org:suffix:id`.")

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const Model = Tolerant.struct({
  id: Field.string("The model's ID, as requests use it.")
}, {
  created: Field.timestamp("the model was created"),
  object: Field.objectType("model"),
  owned_by: Field.string("The organization that owns the model.")
}).annotations({ identifier: "Model", title: "Model", description: "A model that is available." })

export interface Model extends Schema.Schema.Type<typeof Model> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListModelsResponse = Tolerant.struct({
  data: Pagination.items(Model).pipe(described("The models."))
}, {
  object: Field.objectType("list")
}).annotations({ identifier: "ListModelsResponse", description: "All models on one page." })

export interface ListModelsResponse extends Schema.Schema.Type<typeof ListModelsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const DeleteModelResponse = Tolerant.struct({
  id: Field.string("The ID of the deleted model.")
}, {
  object: Field.string("The object type, `model`."),
  deleted: Field.boolean("Whether the model was deleted.")
}).annotations({ identifier: "DeleteModelResponse", description: "Whether the model was deleted." })

export interface DeleteModelResponse extends Schema.Schema.Type<typeof DeleteModelResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listModels",
  summary: "List models",
  description: "Returns all available models on one page.",
  method: "GET",
  path: "/models",
  success: Endpoint.json(ListModelsResponse)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieveModel",
  summary: "Retrieve model",
  description: "Returns a model.",
  method: "GET",
  path: "/models/{model}",
  parameters: { model: ModelId },
  success: Endpoint.json(Model)
})

const delete_ = Endpoint.make({
  name: "deleteModel",
  summary: "Delete a fine-tuned model",
  description: "Deletes a fine-tuned model. Requires the role of owner in the organization.",
  method: "DELETE",
  path: "/models/{model}",
  parameters: { model: ModelId },
  success: Endpoint.json(DeleteModelResponse)
})

export {
  /**
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
