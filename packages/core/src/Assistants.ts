/**
 * Assistants: a model with instructions, tools and files, kept on the server.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import { Metadata } from "./internal/metadata.js"
import { AssistantId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// tools
// -----------------------------------------------------------------------------

/**
 * Lets the assistant write and run code.
 *
 * @since 0.1.0
 * @category tools
 */
export const CodeInterpreterTool = Schema.Struct({
  type: Schema.Literal("code_interpreter").pipe(described("The kind of tool, `code_interpreter`."))
}).annotations({
  identifier: "AssistantToolsCode",
  title: "Code interpreter tool",
  description: "Lets the assistant write and run code."
})

/**
 * @since 0.1.0
 * @category tools
 */
export interface CodeInterpreterTool extends Schema.Schema.Type<typeof CodeInterpreterTool> {}

/**
 * Lets the assistant search the files attached to it.
 *
 * @since 0.1.0
 * @category tools
 */
export const RetrievalTool = Schema.Struct({
  type: Schema.Literal("retrieval").pipe(described("The kind of tool, `retrieval`."))
}).annotations({
  identifier: "AssistantToolsRetrieval",
  title: "Retrieval tool",
  description: "Lets the assistant search the files attached to it."
})

/**
 * @since 0.1.0
 * @category tools
 */
export interface RetrievalTool extends Schema.Schema.Type<typeof RetrievalTool> {}

/**
 * Lets the assistant ask the caller to run a function.
 *
 * @since 0.1.0
 * @category tools
 */
export const FunctionTool = Schema.Struct({
  type: Schema.Literal("function").pipe(described("The kind of tool, `function`.")),
  function: Common.FunctionObject
}).annotations({
  identifier: "AssistantToolsFunction",
  title: "Function tool",
  description: "Lets the assistant ask the caller to run a function."
})

/**
 * @since 0.1.0
 * @category tools
 */
export interface FunctionTool extends Schema.Schema.Type<typeof FunctionTool> {}

/**
 * A tool that an assistant can be given.
 *
 * @since 0.1.0
 * @category tools
 */
export const AssistantTool = Schema.Union(CodeInterpreterTool, RetrievalTool, FunctionTool)

/**
 * @since 0.1.0
 * @category tools
 */
export type AssistantTool = Schema.Schema.Type<typeof AssistantTool>

// -----------------------------------------------------------------------------
// fields
// -----------------------------------------------------------------------------

const model = described("The ID of the model.")

const Name = Schema.NullOr(Schema.String.pipe(Schema.maxLength(256))).pipe(
  described("The assistant's name, at most 256 characters.")
)

const Description = Schema.NullOr(Schema.String.pipe(Schema.maxLength(512))).pipe(
  described("The assistant's description, at most 512 characters.")
)

const Instructions = Schema.NullOr(Schema.String.pipe(Schema.maxLength(256_000))).pipe(
  described("The system instructions that the assistant follows, at most 256,000 characters.")
)

const Tools = Schema.Array(AssistantTool).pipe(
  Schema.maxItems(128),
  described("The tools of the assistant, 128 at the most.", { default: [] })
)

const FileIds = Schema.Array(Schema.String).pipe(
  Schema.maxItems(20),
  described("The IDs of the files attached to the assistant, in the order of their creation, 20 at the most.", {
    default: []
  })
)

const Temperature = Schema.NullOr(Schema.Number.pipe(Schema.between(0, 2))).pipe(
  described("The sampling temperature from 0 to 2; higher is more random.", { default: 1 })
)

const TopP = Schema.NullOr(Schema.Number.pipe(Schema.between(0, 1))).pipe(described(
  "Nucleus sampling from 0 to 1: only tokens within this probability mass count. An alternative to `temperature`.",
  { default: 1 }
))

/**
 * The format of the model's output, as an object.
 *
 * @since 0.1.0
 * @category models
 */
export const ResponseFormat = Schema.Struct({
  type: Schema.optional(
    Schema.Literal("text", "json_object").pipe(described("`text` or `json_object`.", { default: "text" }))
  )
}).annotations({
  identifier: "AssistantsApiResponseFormat",
  description: "The format of the model's output. With `json_object` only tools of type `function` are allowed."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ResponseFormat extends Schema.Schema.Type<typeof ResponseFormat> {}

/**
 * The format of the model's output: a word or an object.
 *
 * @since 0.1.0
 * @category models
 */
export const ResponseFormatOption = Schema.Union(Schema.Literal("none", "auto"), ResponseFormat).annotations({
  identifier: "AssistantsApiResponseFormatOption",
  description:
    "The format of the model's output. `json_object` makes it valid JSON, and must be asked for in a message too; `auto` " +
    "leaves it to the model."
})

/**
 * @since 0.1.0
 * @category models
 */
export type ResponseFormatOption = Schema.Schema.Type<typeof ResponseFormatOption>

const responseFormat = described("The format of the model's output: `none`, `auto`, or an object; `auto` unless told.")

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * An assistant as the server answers it.
 *
 * @since 0.1.0
 * @category models
 */
export const Assistant = Schema.Struct({
  id: Schema.String.pipe(described("The assistant's ID.")),
  object: Schema.Literal("assistant").pipe(described("The object type, always `assistant`.")),
  created_at: Common.timestamp("When the assistant was created, as a Unix time in seconds."),
  name: Tolerant.unlimited(Name),
  description: Tolerant.unlimited(Description),
  model: Schema.String.pipe(model),
  instructions: Tolerant.unlimited(Instructions),
  tools: Tolerant.documentedAs(
    Schema.Array(Tolerant.union("type", CodeInterpreterTool, RetrievalTool, FunctionTool)),
    Tools
  ),
  file_ids: Tolerant.unlimited(FileIds),
  metadata: Tolerant.unlimited(Metadata),
  temperature: Schema.optional(Tolerant.unlimited(Temperature)),
  top_p: Schema.optional(Tolerant.unlimited(TopP)),
  response_format: Schema.optional(
    Schema.NullOr(Tolerant.documentedAs(
      Schema.Union(
        Tolerant.literals("none", "auto"),
        Schema.Struct({ type: Schema.optional(Tolerant.literals("text", "json_object")) })
      ),
      ResponseFormatOption
    )).pipe(responseFormat)
  )
}).annotations({
  identifier: "AssistantObject",
  title: "Assistant",
  description: "An assistant that can call a model and use tools."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Assistant extends Schema.Schema.Type<typeof Assistant> {}

const settings = {
  name: Schema.optional(Name),
  description: Schema.optional(Description),
  instructions: Schema.optional(Instructions),
  tools: Schema.optional(Tools),
  file_ids: Schema.optional(FileIds),
  metadata: Schema.optional(Metadata),
  temperature: Schema.optional(Temperature),
  top_p: Schema.optional(TopP),
  response_format: Schema.optional(Schema.NullOr(ResponseFormatOption).pipe(responseFormat))
}

/**
 * What an assistant is created from. Only the model is required.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateAssistantRequest = Schema.Struct({ model: Common.ModelId.pipe(model), ...settings }).annotations({
  identifier: "CreateAssistantRequest",
  description: "What an assistant is created from."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateAssistantRequest extends Schema.Schema.Type<typeof CreateAssistantRequest> {}

/**
 * What of an assistant is changed. What is left out stays; `file_ids` replaces the whole list, and detaches what it does
 * not name.
 *
 * @since 0.1.0
 * @category models
 */
export const ModifyAssistantRequest = Schema.Struct({ model: Schema.optional(Common.ModelId.pipe(model)), ...settings })
  .annotations({
    identifier: "ModifyAssistantRequest",
    description: "What of an assistant is changed."
  })

/**
 * @since 0.1.0
 * @category models
 */
export interface ModifyAssistantRequest extends Schema.Schema.Type<typeof ModifyAssistantRequest> {}

/**
 * A page of assistants.
 *
 * @since 0.1.0
 * @category models
 */
export const ListAssistantsResponse = Pagination.page(Assistant).annotations({
  identifier: "ListAssistantsResponse",
  description: "A page of assistants."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ListAssistantsResponse extends Schema.Schema.Type<typeof ListAssistantsResponse> {}

/**
 * That an assistant was deleted.
 *
 * @since 0.1.0
 * @category models
 */
export const DeleteAssistantResponse = Schema.Struct({
  id: Schema.String.pipe(described("The ID of the deleted assistant.")),
  object: Schema.Literal("assistant.deleted").pipe(described("The object type, `assistant.deleted`.")),
  deleted: Schema.Boolean.pipe(described("Whether the assistant was deleted."))
}).annotations({ identifier: "DeleteAssistantResponse", description: "That an assistant was deleted." })

/**
 * @since 0.1.0
 * @category models
 */
export interface DeleteAssistantResponse extends Schema.Schema.Type<typeof DeleteAssistantResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * List assistants.
 *
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listAssistants",
  summary: "List assistants",
  description: "Answers a page of the assistants.",
  method: "GET",
  path: "/assistants",
  query: Pagination.ListQuery,
  success: Endpoint.json(ListAssistantsResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * Create assistant.
 *
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createAssistant",
  summary: "Create assistant",
  description: "Creates an assistant from a model and its settings.",
  method: "POST",
  path: "/assistants",
  body: Endpoint.json(CreateAssistantRequest),
  success: Endpoint.json(Assistant),
  family: "assistants"
})

/**
 * Retrieve assistant.
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getAssistant",
  summary: "Retrieve assistant",
  description: "Answers one assistant.",
  method: "GET",
  path: "/assistants/{assistant_id}",
  parameters: { assistant_id: AssistantId },
  success: Endpoint.json(Assistant),
  family: "assistants"
})

/**
 * Modify assistant.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modifyAssistant",
  summary: "Modify assistant",
  description: "Changes the fields that are given and answers the whole assistant.",
  method: "POST",
  path: "/assistants/{assistant_id}",
  parameters: { assistant_id: AssistantId },
  body: Endpoint.json(ModifyAssistantRequest),
  success: Endpoint.json(Assistant),
  family: "assistants",
  replayable: true
})

const delete_ = Endpoint.make({
  name: "deleteAssistant",
  summary: "Delete assistant",
  description: "Deletes an assistant. The files that were attached to it stay.",
  method: "DELETE",
  path: "/assistants/{assistant_id}",
  parameters: { assistant_id: AssistantId },
  success: Endpoint.json(DeleteAssistantResponse),
  family: "assistants"
})

export {
  /**
   * Delete assistant.
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
  name: "Assistants",
  title: "Assistants",
  description: "Models with instructions, tools and files.",
  operations: { list, create, retrieve, modify, delete: delete_ }
})
