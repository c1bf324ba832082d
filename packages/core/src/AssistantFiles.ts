/**
 * Assistant files: which files are attached to an assistant.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import { AssistantId, FileId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * That a file is attached to an assistant.
 *
 * @since 0.1.0
 * @category models
 */
export const AssistantFile = Schema.Struct({
  id: Schema.String.pipe(described("The ID of the file.")),
  object: Schema.Literal("assistant.file").pipe(described("The object type, always `assistant.file`.")),
  created_at: Common.timestamp("When the file was attached, as a Unix time in seconds."),
  assistant_id: Schema.String.pipe(described("The ID of the assistant that the file is attached to."))
}).annotations({
  identifier: "AssistantFileObject",
  title: "Assistant file",
  description: "That a file is attached to an assistant."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface AssistantFile extends Schema.Schema.Type<typeof AssistantFile> {}

/**
 * A page of assistant files. The documentation also requires a field `items`, which no server sends.
 *
 * @since 0.1.0
 * @category models
 */
export const ListAssistantFilesResponse = Pagination.page(AssistantFile).annotations({
  identifier: "ListAssistantFilesResponse",
  description: "A page of assistant files."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ListAssistantFilesResponse extends Schema.Schema.Type<typeof ListAssistantFilesResponse> {}

/**
 * Which file to attach.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateAssistantFileRequest = Schema.Struct({
  file_id: Schema.String.pipe(described("The ID of a file with the purpose `assistants`."))
}).annotations({ identifier: "CreateAssistantFileRequest", description: "Which file to attach." })

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateAssistantFileRequest extends Schema.Schema.Type<typeof CreateAssistantFileRequest> {}

/**
 * That a file was detached. The file itself stays.
 *
 * @since 0.1.0
 * @category models
 */
export const DeleteAssistantFileResponse = Schema.Struct({
  id: Schema.String.pipe(described("The ID of the detached file.")),
  object: Schema.Literal("assistant.file.deleted").pipe(described("The object type, `assistant.file.deleted`.")),
  deleted: Schema.Boolean.pipe(described("Whether the file was detached."))
}).annotations({
  identifier: "DeleteAssistantFileResponse",
  description: "That a file was detached from an assistant. The file itself stays."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface DeleteAssistantFileResponse extends Schema.Schema.Type<typeof DeleteAssistantFileResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * List assistant files.
 *
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listAssistantFiles",
  summary: "List assistant files",
  description: "Answers a page of the files attached to an assistant.",
  method: "GET",
  path: "/assistants/{assistant_id}/files",
  parameters: { assistant_id: AssistantId },
  query: Pagination.ListQuery,
  success: Endpoint.json(ListAssistantFilesResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * Create assistant file.
 *
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createAssistantFile",
  summary: "Create assistant file",
  description: "Attaches a file to an assistant.",
  method: "POST",
  path: "/assistants/{assistant_id}/files",
  parameters: { assistant_id: AssistantId },
  body: Endpoint.json(CreateAssistantFileRequest),
  success: Endpoint.json(AssistantFile),
  family: "assistants"
})

/**
 * Retrieve assistant file.
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getAssistantFile",
  summary: "Retrieve assistant file",
  description: "Answers one file attached to an assistant.",
  method: "GET",
  path: "/assistants/{assistant_id}/files/{file_id}",
  parameters: { assistant_id: AssistantId, file_id: FileId },
  success: Endpoint.json(AssistantFile),
  family: "assistants"
})

const delete_ = Endpoint.make({
  name: "deleteAssistantFile",
  summary: "Delete assistant file",
  description: "Detaches a file from an assistant. The file itself stays.",
  method: "DELETE",
  path: "/assistants/{assistant_id}/files/{file_id}",
  parameters: { assistant_id: AssistantId, file_id: FileId },
  success: Endpoint.json(DeleteAssistantFileResponse),
  family: "assistants"
})

export {
  /**
   * Delete assistant file.
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
  name: "AssistantFiles",
  title: "Assistant files",
  description: "Files that are attached to an assistant.",
  operations: { list, create, retrieve, delete: delete_ }
})
