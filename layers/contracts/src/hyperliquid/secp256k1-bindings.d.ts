/** The native part of the package `secp256k1`: libsecp256k1 behind Node-API, prebuilt for the common platforms. */
declare module 'secp256k1/bindings.js' {
  interface Bindings {
    /** Uncompressed point, 65 bytes; throws where none can be recovered. */
    ecdsaRecover(signature: Uint8Array, recoveryId: number, digest: Uint8Array, compressed: false): Uint8Array;
    ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { readonly signature: Uint8Array; readonly recid: number };
  }
  const bindings: Bindings;
  export default bindings;
}
