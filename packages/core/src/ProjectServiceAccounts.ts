/**
 * Project service accounts: bots that are members of a project, each with an API key.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { ListQuery, ProjectId, ProjectRole } from "./internal/administration.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

const ServiceAccountId = Endpoint.pathParameter("The ID of the service account.")

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

const fields = {
  object: Field.objectType("organization.project.service_account"),
  name: Field.string("The service account's name."),
  role: ProjectRole,
  created_at: Field.timestamp("the service account was created")
}

/**
 * @since 0.1.0
 * @category models
 */
export const ServiceAccount = Tolerant.struct({ id: Field.string("The service account's ID.") }, fields).annotations({
  identifier: "ProjectServiceAccount",
  title: "Service account",
  description: "A bot that is a member of a project."
})

export interface ServiceAccount extends Schema.Schema.Type<typeof ServiceAccount> {}

/**
 * The key of a new service account. `value` is the only place where the key itself is ever returned.
 *
 * @since 0.1.0
 * @category models
 */
export const ServiceAccountApiKey = Tolerant.struct({
  value: Field.string("The key. It is a secret, and is returned only once.")
}, {
  object: Field.objectType("organization.project.service_account.api_key"),
  name: Field.string("The key's name."),
  created_at: Field.timestamp("the key was created"),
  id: Field.string("The key's ID.")
}).annotations({
  identifier: "ProjectServiceAccountApiKey",
  description: "The key of a new service account."
})

export interface ServiceAccountApiKey extends Schema.Schema.Type<typeof ServiceAccountApiKey> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreatedServiceAccount = Tolerant.struct({
  id: Field.string("The service account's ID."),
  api_key: ServiceAccountApiKey
}, {
  ...fields,
  role: Schema.Literal("member").pipe(described("The role in the project, always `member`."))
}).annotations({
  identifier: "ProjectServiceAccountCreateResponse",
  description: "A new service account with its API key."
})

export interface CreatedServiceAccount extends Schema.Schema.Type<typeof CreatedServiceAccount> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListServiceAccountsResponse = Pagination.page(ServiceAccount).annotations({
  identifier: "ProjectServiceAccountListResponse",
  description: "A page of a project's service accounts."
})

export interface ListServiceAccountsResponse extends Schema.Schema.Type<typeof ListServiceAccountsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateServiceAccountRequest = Struct.make({
  name: Field.string("The service account's name.")
}).annotations({
  identifier: "ProjectServiceAccountCreateRequest",
  description: "Request to create a service account."
})

export interface CreateServiceAccountRequest extends Schema.Schema.Type<typeof CreateServiceAccountRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const DeleteServiceAccountResponse = Field.deletion(
  "ProjectServiceAccountDeleteResponse",
  "organization.project.service_account.deleted",
  "service account"
)

export interface DeleteServiceAccountResponse extends Schema.Schema.Type<typeof DeleteServiceAccountResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "list-project-service-accounts",
  summary: "List project service accounts",
  description: "Returns a page of a project's service accounts.",
  method: "GET",
  path: "/organization/projects/{project_id}/service_accounts",
  parameters: { project_id: ProjectId },
  query: ListQuery,
  success: Endpoint.json(ListServiceAccountsResponse),
  pagination: Endpoint.cursor(),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "create-project-service-account",
  summary: "Create project service account",
  description: "Creates a service account with an API key. The response is the only one with the key itself.",
  method: "POST",
  path: "/organization/projects/{project_id}/service_accounts",
  parameters: { project_id: ProjectId },
  body: Endpoint.json(CreateServiceAccountRequest),
  success: Endpoint.json(CreatedServiceAccount),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieve-project-service-account",
  summary: "Retrieve project service account",
  description: "Returns a service account of a project.",
  method: "GET",
  path: "/organization/projects/{project_id}/service_accounts/{service_account_id}",
  parameters: { project_id: ProjectId, service_account_id: ServiceAccountId },
  success: Endpoint.json(ServiceAccount),
  family: "administration"
})

const delete_ = Endpoint.make({
  name: "delete-project-service-account",
  summary: "Delete project service account",
  description: "Deletes a service account of a project. Its API key stops working.",
  method: "DELETE",
  path: "/organization/projects/{project_id}/service_accounts/{service_account_id}",
  parameters: { project_id: ProjectId, service_account_id: ServiceAccountId },
  success: Endpoint.json(DeleteServiceAccountResponse),
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
  name: "ProjectServiceAccounts",
  title: "Project service accounts",
  description: "Bots that are members of a project.",
  operations: { list, create, retrieve, delete: delete_ }
})
