// What sampling of grey and colour has in common: the plan, coordinates, taps, weights and the three-stage blend of render::cpu. Integers only.
// A change here without the same change in render/src/cpu makes fidelity tests fail, and the other way round.

struct Pane {
    // x, y of the pane in the framebuffer; width, height.
    rect: vec4<i32>,
    // Columns, rows, slices; samples of the slab.
    size: vec4<i32>,
    // Q31.32 coordinates in two words: Q15.16 and the 16 bits below.
    origin_hi: vec4<i32>,
    origin_lo: vec4<u32>,
    du_hi: vec4<i32>,
    du_lo: vec4<u32>,
    dv_hi: vec4<i32>,
    dv_lo: vec4<u32>,
    dw_hi: vec4<i32>,
    dw_lo: vec4<u32>,
    // Projection (0 thin, 1 mip, 2 minip, 3 mean), whether to take the nearest voxel, whether to invert colours (a grey table has done it).
    how: vec4<u32>,
    // Of grey volumes: smallest word, span, fraction bits.
    values: vec4<u32>,
    // Of grey volumes: first and last padding word, whether there is padding.
    padding: vec4<u32>,
}

const WEIGHT_BITS: u32 = 14u;

@group(0) @binding(0) var<uniform> pane: Pane;
// First and one past the last pixel of each row that may touch the volume.
@group(0) @binding(1) var<storage, read> rows: array<vec2<u32>>;
@group(0) @binding(2) var volume: texture_3d<u32>;

struct Taps {
    first: vec3<i32>,
    second: vec3<i32>,
    weight: vec3<u32>,
}

// Whether a pixel lies in the pane and may touch the volume.
fn touches(p: vec2<i32>) -> bool {
    if !in_pane(p, pane.rect) {
        return false;
    }
    let range = rows[p.y];
    return u32(p.x) >= range.x && u32(p.x) < range.y;
}

fn coordinate(p: vec2<i32>, s: i32) -> vec3<i32> {
    let lo = pane.origin_lo.xyz + u32(p.x) * pane.du_lo.xyz + u32(p.y) * pane.dv_lo.xyz + u32(s) * pane.dw_lo.xyz;
    let hi = pane.origin_hi.xyz + p.x * pane.du_hi.xyz + p.y * pane.dv_hi.xyz + s * pane.dw_hi.xyz;
    return hi + vec3<i32>(lo >> vec3<u32>(16u));
}

fn taps_at(c: vec3<i32>) -> Taps {
    let last = pane.size.xyz - vec3<i32>(1);
    let held = clamp(c, vec3<i32>(0), last << vec3<u32>(16u));
    let first = held >> vec3<u32>(16u);
    var taps: Taps;
    taps.first = first;
    taps.second = min(first + vec3<i32>(1), last);
    taps.weight = (vec3<u32>(held) & vec3<u32>(0xFFFFu)) >> vec3<u32>(16u - WEIGHT_BITS);
    return taps;
}

fn nearest_voxel(taps: Taps) -> vec3<i32> {
    return select(taps.first, taps.second, taps.weight >= vec3<u32>(1u << (WEIGHT_BITS - 1u)));
}

// On which axes corner i of a cell takes the second tap: bit 0 columns, bit 1 rows, bit 2 slices.
fn far_taps(i: u32) -> vec3<bool> {
    return (vec3<u32>(i) & vec3<u32>(1u, 2u, 4u)) != vec3<u32>(0u);
}

fn blend(a: vec4<u32>, b: vec4<u32>, weight: u32) -> vec4<u32> {
    return (a * ((1u << WEIGHT_BITS) - weight) + b * weight + (1u << (WEIGHT_BITS - 1u))) >> vec4<u32>(WEIGHT_BITS);
}

// Channels that nobody asks for cost nothing: compilers leave them out.
fn blend_corners(c: array<vec4<u32>, 8>, w: vec3<u32>) -> vec4<u32> {
    let near = blend(blend(c[0], c[1], w.x), blend(c[2], c[3], w.x), w.y);
    let far = blend(blend(c[4], c[5], w.x), blend(c[6], c[7], w.x), w.y);
    return blend(near, far, w.z);
}

