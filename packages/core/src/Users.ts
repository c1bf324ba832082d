/**
 * Users: the members of the organization.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { ListQuery, OrganizationRole, UserId } from "./internal/administration.js"
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
export const User = Tolerant.struct({
  id: Field.string("The user's ID.")
}, {
  object: Field.objectType("organization.user"),
  name: Field.string("The user's name."),
  email: Field.string("The user's email address."),
  role: OrganizationRole,
  added_at: Field.timestamp("the user was added to the organization")
}).annotations({ identifier: "User", title: "User", description: "A member of the organization." })

export interface User extends Schema.Schema.Type<typeof User> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListUsersResponse = Pagination.page(User).annotations({
  identifier: "UserListResponse",
  description: "A page of users."
})

export interface ListUsersResponse extends Schema.Schema.Type<typeof ListUsersResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ModifyUserRequest = Struct.make({ role: OrganizationRole }).annotations({
  identifier: "UserRoleUpdateRequest",
  description: "Request to modify a user's role."
})

export interface ModifyUserRequest extends Schema.Schema.Type<typeof ModifyUserRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const DeleteUserResponse = Field.deletion("UserDeleteResponse", "organization.user.deleted", "user")

export interface DeleteUserResponse extends Schema.Schema.Type<typeof DeleteUserResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "list-users",
  summary: "List users",
  description: "Returns a page of the organization's users.",
  method: "GET",
  path: "/organization/users",
  query: ListQuery,
  success: Endpoint.json(ListUsersResponse),
  pagination: Endpoint.cursor(),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieve-user",
  summary: "Retrieve user",
  description: "Returns a user.",
  method: "GET",
  path: "/organization/users/{user_id}",
  parameters: { user_id: UserId },
  success: Endpoint.json(User),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modify-user",
  summary: "Modify user",
  description: "Modifies a user's role in the organization.",
  method: "POST",
  path: "/organization/users/{user_id}",
  parameters: { user_id: UserId },
  body: Endpoint.json(ModifyUserRequest),
  success: Endpoint.json(User),
  family: "administration",
  replayable: true
})

const delete_ = Endpoint.make({
  name: "delete-user",
  summary: "Delete user",
  description: "Removes a user from the organization.",
  method: "DELETE",
  path: "/organization/users/{user_id}",
  parameters: { user_id: UserId },
  success: Endpoint.json(DeleteUserResponse),
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
  name: "Users",
  title: "Users",
  description: "The members of the organization.",
  operations: { list, retrieve, modify, delete: delete_ }
})
