/**
 * HPKE (RFC 9180), base mode, one message: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, by WebCrypto. The other
 * end is supervisor/contract/sealing.py. P-256, because every browser that has WebCrypto has it.
 */

const KEM_ID = [0x00, 0x10];
const KEM = [...ascii("KEM"), ...KEM_ID];
const HPKE = [...ascii("HPKE"), ...KEM_ID, 0x00, 0x01, 0x00, 0x01];
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const HASH_OCTETS = 32;

type Octets = Uint8Array<ArrayBuffer>;

/** The encapsulated key (65 octets) and the ciphertext. `recipient`: the public key, an uncompressed point. */
export async function seal(recipient: Octets, info: Octets, plain: Octets): Promise<Octets> {
  const theirs = await crypto.subtle.importKey("raw", recipient, CURVE, false, []);
  const own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const enc = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256));
  const shared = await expand(KEM, await extract(KEM, [], "eae_prk", dh), "shared_secret", join(enc, recipient), 32);
  const nothing = join();
  const context = join(
    [0],
    await extract(HPKE, [], "psk_id_hash", nothing),
    await extract(HPKE, [], "info_hash", info),
  );
  const secret = await extract(HPKE, shared, "secret", nothing);
  const bits = await expand(HPKE, secret, "key", context, 16);
  const iv = await expand(HPKE, secret, "base_nonce", context, 12);
  const key = await crypto.subtle.importKey("raw", bits, "AES-GCM", false, ["encrypt"]);
  return join(enc, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain)));
}

/** LabeledExtract (section 4). */
function extract(suite: number[], salt: ArrayLike<number>, label: string, ikm: Octets): Promise<Octets> {
  return hmac(salt, join(ascii("HPKE-v1"), suite, ascii(label), ikm));
}

/** LabeledExpand (section 4), of at most one hash's octets. */
async function expand(suite: number[], prk: Octets, label: string, info: Octets, octets: number): Promise<Octets> {
  const text = join([0, octets], ascii("HPKE-v1"), suite, ascii(label), info, [1]);
  return (await hmac(prk, text)).slice(0, octets);
}

async function hmac(key: ArrayLike<number>, text: Octets): Promise<Octets> {
  // WebCrypto refuses an empty key; HMAC pads one with zeros, so zeros are the same key.
  const raw = key.length ? join(key) : new Uint8Array(HASH_OCTETS);
  const made = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, text));
}

function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

function join(...parts: ArrayLike<number>[]): Octets {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
