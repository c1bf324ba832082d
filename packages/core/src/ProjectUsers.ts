/**
 * Project users: the members of a project.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { ListQuery, ProjectId, ProjectRole, UserId } from "./internal/administration.js"
import * as Field from "./internal/field.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const ProjectUser = Tolerant.struct({
  id: Field.string("The user's ID.")
}, {
  object: Field.objectType("organization.project.user"),
  name: Field.string("The user's name."),
  email: Field.string("The user's email address."),
  role: ProjectRole,
  added_at: Field.timestamp("the user was added to the project")
}).annotations({ identifier: "ProjectUser", title: "Project user", description: "A member of a project." })

export interface ProjectUser extends Schema.Schema.Type<typeof ProjectUser> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListProjectUsersResponse = Pagination.page(ProjectUser).annotations({
  identifier: "ProjectUserListResponse",
  description: "A page of a project's users."
})

export interface ListProjectUsersResponse extends Schema.Schema.Type<typeof ListProjectUsersResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateProjectUserRequest = Struct.make({
  user_id: Field.string("The ID of a user of the organization."),
  role: ProjectRole
}).annotations({ identifier: "ProjectUserCreateRequest", description: "Request to add a user to a project." })

export interface CreateProjectUserRequest extends Schema.Schema.Type<typeof CreateProjectUserRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ModifyProjectUserRequest = Struct.make({ role: ProjectRole }).annotations({
  identifier: "ProjectUserUpdateRequest",
  description: "Request to modify a user's role in a project."
})

export interface ModifyProjectUserRequest extends Schema.Schema.Type<typeof ModifyProjectUserRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const DeleteProjectUserResponse = Field.deletion(
  "ProjectUserDeleteResponse",
  "organization.project.user.deleted",
  "user",
  "removed"
)

export interface DeleteProjectUserResponse extends Schema.Schema.Type<typeof DeleteProjectUserResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "list-project-users",
  summary: "List project users",
  description: "Returns a page of a project's users.",
  method: "GET",
  path: "/organization/projects/{project_id}/users",
  parameters: { project_id: ProjectId },
  query: ListQuery,
  success: Endpoint.json(ListProjectUsersResponse),
  pagination: Endpoint.cursor(),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "create-project-user",
  summary: "Create project user",
  description: "Adds a user of the organization to a project.",
  method: "POST",
  path: "/organization/projects/{project_id}/users",
  parameters: { project_id: ProjectId },
  body: Endpoint.json(CreateProjectUserRequest),
  success: Endpoint.json(ProjectUser),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieve-project-user",
  summary: "Retrieve project user",
  description: "Returns a user of a project.",
  method: "GET",
  path: "/organization/projects/{project_id}/users/{user_id}",
  parameters: { project_id: ProjectId, user_id: UserId },
  success: Endpoint.json(ProjectUser),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modify-project-user",
  summary: "Modify project user",
  description: "Modifies a user's role in a project.",
  method: "POST",
  path: "/organization/projects/{project_id}/users/{user_id}",
  parameters: { project_id: ProjectId, user_id: UserId },
  body: Endpoint.json(ModifyProjectUserRequest),
  success: Endpoint.json(ProjectUser),
  family: "administration",
  replayable: true
})

const delete_ = Endpoint.make({
  name: "delete-project-user",
  summary: "Delete project user",
  description: "Removes a user from a project.",
  method: "DELETE",
  path: "/organization/projects/{project_id}/users/{user_id}",
  parameters: { project_id: ProjectId, user_id: UserId },
  success: Endpoint.json(DeleteProjectUserResponse),
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
  name: "ProjectUsers",
  title: "Project users",
  description: "The members of a project.",
  operations: { list, create, retrieve, modify, delete: delete_ }
})
