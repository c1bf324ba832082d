import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/**
 * Describes a field in the OpenAPI document only. The annotation `description` would also replace the Schema's name in
 * error messages: "Expected The assistant's name, …, actual …".
 */
export const described =
  (description: string, annotations?: { readonly default?: unknown; readonly deprecated?: boolean }) =>
  <S extends Schema.Annotable.All>(self: S): Schema.Annotable.Self<S> =>
    Schema.annotations<S>({
      jsonSchema: { ...self.ast.annotations[AST.JSONSchemaAnnotationId] ?? {}, description, ...annotations }
    })(self)
