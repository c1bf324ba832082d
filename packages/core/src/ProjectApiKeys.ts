/**
 * Project API keys: the keys of a project's users and service accounts.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { ListQuery, ProjectId } from "./internal/administration.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import * as Pagination from "./Pagination.js"
import { ServiceAccount } from "./ProjectServiceAccounts.js"
import { ProjectUser } from "./ProjectUsers.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

const KeyId = Endpoint.pathParameter("The ID of the API key.")

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A user who owns a key.
 *
 * @since 0.1.0
 * @category models
 */
export const UserOwner = Tolerant.struct({
  type: Field.kind("owner", "user")
}, { user: Schema.optional(ProjectUser) })

export interface UserOwner extends Schema.Schema.Type<typeof UserOwner> {}

/**
 * A service account that owns a key.
 *
 * @since 0.1.0
 * @category models
 */
export const ServiceAccountOwner = Tolerant.struct({
  type: Field.kind("owner", "service_account")
}, { service_account: Schema.optional(ServiceAccount) })

export interface ServiceAccountOwner extends Schema.Schema.Type<typeof ServiceAccountOwner> {}

/**
 * Who owns a key: a user or a service account, by its `type`.
 *
 * @since 0.1.0
 * @category models
 */
export type Owner = UserOwner | ServiceAccountOwner | Tolerant.UnknownMember<"type">

/** The document states one object for both owners. */
const Owner: Schema.Schema<Owner> = Tolerant.documentedAs(
  Tolerant.union("type", UserOwner, ServiceAccountOwner),
  // The type of the documented object is wider.
  Schema.make<any>(
    Struct.make({
      type: Schema.Literal("user", "service_account").pipe(described("The type of the owner.")),
      user: Schema.optional(ProjectUser),
      service_account: Schema.optional(ServiceAccount)
    }).ast
  )
)

/**
 * @since 0.1.0
 * @category models
 */
export const ProjectApiKey = Tolerant.struct({
  id: Field.string("The key's ID.")
}, {
  object: Field.objectType("organization.project.api_key"),
  redacted_value: Field.string("The beginning and the end of the key."),
  name: Field.string("The key's name."),
  created_at: Field.timestamp("the key was created"),
  owner: Owner.pipe(described("Who owns the key."))
}).annotations({ identifier: "ProjectApiKey", title: "Project API key", description: "An API key of a project." })

export interface ProjectApiKey extends Schema.Schema.Type<typeof ProjectApiKey> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListProjectApiKeysResponse = Pagination.page(ProjectApiKey).annotations({
  identifier: "ProjectApiKeyListResponse",
  description: "A page of a project's API keys."
})

export interface ListProjectApiKeysResponse extends Schema.Schema.Type<typeof ListProjectApiKeysResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const DeleteProjectApiKeyResponse = Field.deletion(
  "ProjectApiKeyDeleteResponse",
  "organization.project.api_key.deleted",
  "API key"
)

export interface DeleteProjectApiKeyResponse extends Schema.Schema.Type<typeof DeleteProjectApiKeyResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "list-project-api-keys",
  summary: "List project API keys",
  description: "Returns a page of a project's API keys.",
  method: "GET",
  path: "/organization/projects/{project_id}/api_keys",
  parameters: { project_id: ProjectId },
  query: ListQuery,
  success: Endpoint.json(ListProjectApiKeysResponse),
  pagination: Endpoint.cursor(),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieve-project-api-key",
  summary: "Retrieve project API key",
  description: "Returns an API key of a project, with its value redacted.",
  method: "GET",
  path: "/organization/projects/{project_id}/api_keys/{key_id}",
  parameters: { project_id: ProjectId, key_id: KeyId },
  success: Endpoint.json(ProjectApiKey),
  family: "administration"
})

const delete_ = Endpoint.make({
  name: "delete-project-api-key",
  summary: "Delete project API key",
  description: "Deletes an API key of a user. The key of a service account is deleted with the account.",
  method: "DELETE",
  path: "/organization/projects/{project_id}/api_keys/{key_id}",
  parameters: { project_id: ProjectId, key_id: KeyId },
  success: Endpoint.json(DeleteProjectApiKeyResponse),
  family: "administration"
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
  name: "ProjectApiKeys",
  title: "Project API keys",
  description: "The API keys of a project's users and service accounts.",
  operations: { list, retrieve, delete: delete_ }
})
