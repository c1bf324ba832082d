/**
 * Files: documents uploaded for assistants, fine-tuning, batches and vision.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import * as FileSource from "./FileSource.js"
import { described } from "./internal/described.js"
import { FileId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A file that was uploaded, or that the API made.
 *
 * @since 0.1.0
 * @category models
 */
export const File = Schema.Struct({
  id: Schema.String.pipe(described("The file's ID.")),
  object: Schema.Literal("file").pipe(described("The object type, always `file`.")),
  bytes: Tolerant.unlimited(Schema.Int.pipe(described("The file's size in bytes."))),
  created_at: Common.timestamp("When the file was created, as a Unix time in seconds."),
  filename: Schema.String.pipe(described("The file's name.")),
  purpose: Tolerant.literals(
    "assistants",
    "assistants_output",
    "batch",
    "batch_output",
    "fine-tune",
    "fine-tune-results",
    "vision"
  ).pipe(described("What the file is for.")),
  status: Tolerant.optional(
    Tolerant.literals("uploaded", "processed", "error").pipe(
      described("Deprecated. How far the file has been processed.", { deprecated: true })
    )
  ),
  status_details: Schema.optional(
    Tolerant.documentedAs(Schema.NullOr(Schema.String), Schema.String).pipe(
      described("Deprecated. Why a file for fine-tuning was refused.", { deprecated: true })
    )
  )
}).annotations({
  identifier: "OpenAIFile",
  title: "File",
  description: "A file that was uploaded, or that the API made."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface File extends Schema.Schema.Type<typeof File> {}

/**
 * What files are listed by. Unlike the lists of Assistants v1 this one takes no `before`, and up to 10,000 a page.
 *
 * @since 0.1.0
 * @category models
 */
export const ListFilesQuery = Schema.Struct({
  purpose: Schema.optional(Schema.String.pipe(described("Only files with this purpose."))),
  limit: Schema.optional(Pagination.limit({ maximum: 10_000, default: 10_000 })),
  order: Schema.optional(Pagination.Order),
  after: Schema.optional(Pagination.After)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ListFilesQuery extends Schema.Schema.Type<typeof ListFilesQuery> {}

/**
 * A page of files.
 *
 * @since 0.1.0
 * @category models
 */
export const ListFilesResponse = Pagination.page(File).annotations({
  identifier: "ListFilesResponse",
  description: "A page of files."
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ListFilesResponse extends Schema.Schema.Type<typeof ListFilesResponse> {}

/**
 * A file to upload, and what for.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateFileRequest = Schema.Struct({
  file: FileSource.FileSource.pipe(described("The file itself.")),
  purpose: Schema.Literal("assistants", "batch", "fine-tune", "vision").pipe(
    described("What the file is for. `batch` and `fine-tune` take `.jsonl` files only.")
  )
}).annotations({ identifier: "CreateFileRequest", description: "A file to upload, and what for." })

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateFileRequest extends Schema.Schema.Type<typeof CreateFileRequest> {}

/**
 * That a file was deleted.
 *
 * @since 0.1.0
 * @category models
 */
export const DeleteFileResponse = Schema.Struct({
  id: Schema.String.pipe(described("The ID of the deleted file.")),
  object: Schema.Literal("file").pipe(described("The object type, `file`.")),
  deleted: Schema.Boolean.pipe(described("Whether the file was deleted."))
}).annotations({ identifier: "DeleteFileResponse", description: "That a file was deleted." })

/**
 * @since 0.1.0
 * @category models
 */
export interface DeleteFileResponse extends Schema.Schema.Type<typeof DeleteFileResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * List files.
 *
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listFiles",
  summary: "List files",
  description: "Answers a page of the organization's files.",
  method: "GET",
  path: "/files",
  query: ListFilesQuery,
  success: Endpoint.json(ListFilesResponse),
  pagination: Endpoint.cursor()
})

/**
 * Upload file.
 *
 * @since 0.1.0
 * @category operations
 */
export const upload = Endpoint.make({
  name: "createFile",
  summary: "Upload file",
  description: "Uploads a file of at most 512 MB; all files of an organization may hold 100 GB. Files for assistants " +
    "have at most 2 million tokens. Files for batches (200 MB at the most) and for fine-tuning are `.jsonl`.",
  method: "POST",
  path: "/files",
  body: Endpoint.multipart(CreateFileRequest, { files: ["file"], maxFileBytes: 512 * 1024 * 1024 }),
  success: Endpoint.json(File)
})

/**
 * Retrieve file.
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieveFile",
  summary: "Retrieve file",
  description: "Answers what is known of one file.",
  method: "GET",
  path: "/files/{file_id}",
  parameters: { file_id: FileId },
  success: Endpoint.json(File)
})

const delete_ = Endpoint.make({
  name: "deleteFile",
  summary: "Delete file",
  description: "Deletes a file.",
  method: "DELETE",
  path: "/files/{file_id}",
  parameters: { file_id: FileId },
  success: Endpoint.json(DeleteFileResponse)
})

export {
  /**
   * Delete file.
   *
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}

/**
 * Retrieve file content.
 *
 * @since 0.1.0
 * @category operations
 */
export const content = Endpoint.make({
  name: "downloadFile",
  summary: "Retrieve file content",
  description: "Answers the bytes of a file.",
  method: "GET",
  path: "/files/{file_id}/content",
  parameters: { file_id: FileId },
  success: Endpoint.bytes("The file's bytes.")
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Files",
  title: "Files",
  description: "Documents for assistants, fine-tuning, batches and vision.",
  operations: { list, upload, retrieve, delete: delete_, content }
})
