/** A change that nobody should apply without having seen it. */
export interface Danger {
  /** What must be named to accept it: the Terraform address of the resource, or the id of the stack if it loses everything. */
  name: string;
  kind: "data" | "everything" | "permissions" | "public";
  /** In words, without any value that Terraform calls sensitive: `hash_key replaces the table and its data`. */
  text: string;
}
