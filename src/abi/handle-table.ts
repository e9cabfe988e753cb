/** @spec Table State */
export declare class HandleTable {
  readonly length: number
}
