/** An order's number, a SKU or a barcode: always from left to right, its digits as they are. */
export function Code({ children }: { readonly children: string }) {
  return (
    <bdi class="code" dir="ltr">
      {children}
    </bdi>
  );
}
