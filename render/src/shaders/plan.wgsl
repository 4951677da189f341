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
    // Projection (0 thin, 1 mip, 2 minip, 3 mean), interpolation (0 linear, 1 nearest, 2 cubic), whether to invert colours (a grey table has done it).
    how: vec4<u32>,
    // Lowest and highest slice coordinate that is inside; unequal steps of the stack, 0 where all are equal; bits of a folded side, 0 where nothing is folded.
    stack: vec4<i32>,
    // Of grey volumes: smallest word, span, fraction bits, bits of cubic weights.
    values: vec4<u32>,
    // Of grey volumes: first and last padding word, whether there is padding.
    padding: vec4<u32>,
}

const WEIGHT_BITS: u32 = 14u;

@group(0) @binding(0) var<uniform> pane: Pane;
// First and one past the last pixel of each row that may touch the volume.
@group(0) @binding(1) var<storage, read> rows: array<vec2<u32>>;
@group(0) @binding(2) var volume: texture_3d<u32>;
// From each slice to the next where steps are unequal: height of the lower one; length of the step and, above 20 bits, how far it is shifted; lowest and highest
// height beside a gap.
@group(0) @binding(3) var<storage, read> steps: array<vec4<i32>>;

struct Taps {
    first: vec3<i32>,
    second: vec3<i32>,
    weight: vec3<u32>,
    in_gap: bool,
}

// What a voxel's texel holds. A volume longer than a texture may be lies in it row after row, in layers of 2^bits by 2^bits.
fn texel_of(voxel: vec3<i32>) -> vec4<u32> {
    let bits = u32(pane.stack.w);
    if bits == 0u {
        return textureLoad(volume, voxel, 0);
    }
    let size = vec3<u32>(pane.size.xyz);
    let v = vec3<u32>(voxel);
    let i = v.x + size.x * (v.y + size.y * v.z);
    let side = (1u << bits) - 1u;
    return textureLoad(volume, vec3<u32>(i & side, (i >> bits) & side, i >> (2u * bits)), 0);
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
    taps.in_gap = false;
    taps.weight = (vec3<u32>(held) & vec3<u32>(0xFFFFu)) >> vec3<u32>(16u - WEIGHT_BITS);
    if pane.stack.z > 0 {
        find_slices(&taps, c.z);
    }
    return taps;
}

// The taps along a stack of unequal steps, at a height.
fn find_slices(taps: ptr<function, Taps>, height: i32) {
    let c = max(height, 0);
    // The last step that begins at or below the height.
    var low = 0;
    var high = pane.stack.z;
    while high - low > 1 {
        let middle = (low + high) / 2;
        if steps[middle].x <= c {
            low = middle;
        } else {
            high = middle;
        }
    }
    let step = steps[low];
    (*taps).in_gap = c > step.z && c < step.w;
    var first = low;
    var second = low + 1;
    var weight = 0u;
    if step.z <= step.w {
        first = select(second, first, c <= step.z);
    } else {
        let length = u32(step.y) & 0xFFFFFu;
        let above = min(u32(c - step.x) >> (u32(step.y) >> 20u), length);
        weight = ((above << WEIGHT_BITS) + length / 2u) / length;
        if weight == 1u << WEIGHT_BITS {
            first = second;
            weight = 0u;
        }
    }
    (*taps).first.z = first;
    (*taps).second.z = select(first, second, weight != 0u);
    (*taps).weight.z = weight;
}

// Where slices are missing: a dark hatch that no window changes.
fn hatch(p: vec2<i32>) -> u32 {
    return select(28u, 88u, (p.x + p.y) % 8 < 2);
}

struct CubicTaps {
    voxels: vec4<i32>,
    weights: vec4<i32>,
}

// From Q17.
fn rounded(weight: i32, bits: u32) -> i32 {
    let dropped = 17u - bits;
    return (weight + (1 << (dropped - 1u))) >> dropped;
}

// Catmull-Rom along one axis; linear along a stack of unequal steps.
fn cubic_taps(taps: Taps, axis: u32, bits: u32) -> CubicTaps {
    var cubic: CubicTaps;
    let first = taps.first[axis];
    let second = taps.second[axis];
    let t = taps.weight[axis];
    cubic.voxels = vec4<i32>(max(first - 1, 0), first, second, min(second + 1, pane.size[axis] - 1));
    let one = 1 << bits;
    if t == 0u {
        cubic.weights = vec4<i32>(0, one, 0, 0);
    } else if axis == 2u && pane.stack.z > 0 {
        let w = rounded(i32(t << 3u), bits);
        cubic.weights = vec4<i32>(0, one - w, w, 0);
    } else {
        let square = (t * t + (1u << 11u)) >> 12u;
        let cube = i32((square * t + (1u << 13u)) >> WEIGHT_BITS);
        let place = i32(t << 2u);
        let a = rounded(2 * i32(square) - place - cube, bits);
        let c = rounded(place + 4 * i32(square) - 3 * cube, bits);
        let d = rounded(cube - i32(square), bits);
        cubic.weights = vec4<i32>(a, one - a - c - d, c, d);
    }
    return cubic;
}

fn round_stage(sum: vec4<i32>, bits: u32) -> vec4<i32> {
    return (sum + vec4<i32>(1 << (bits - 1u))) >> vec4<u32>(bits);
}

fn is_inner(i: u32) -> bool {
    return i == 1u || i == 2u;
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

