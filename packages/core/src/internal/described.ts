import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/**
 * Says what a field is for. The words go to the OpenAPI document alone: the annotation `description` would also make them
 * the name of the Schema in messages, "Expected The assistant's name, …, actual …".
 */
export const described =
  (description: string, annotations?: { readonly default?: unknown; readonly deprecated?: boolean }) =>
  <S extends Schema.Annotable.All>(self: S): Schema.Annotable.Self<S> =>
    Schema.annotations<S>({
      jsonSchema: { ...Option.getOrUndefined(AST.getJSONSchemaAnnotation(self.ast)), description, ...annotations }
    })(self)
