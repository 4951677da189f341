// The integer sampler of render::cpu on the GPU. Integers only, until the last line of each entry point.
// A change here without the same change in cpu.rs makes fidelity tests fail, and the other way round.

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
    // Smallest word, span, fraction bits, projection (0 thin, 1 mip, 2 minip, 3 mean).
    values: vec4<u32>,
    // First and last padding word, whether there is padding, whether to take the nearest voxel.
    options: vec4<u32>,
}

const WEIGHT_BITS: u32 = 14u;
const TABLE_WIDTH: u32 = 1024u;

@group(0) @binding(0) var<uniform> pane: Pane;
@group(0) @binding(1) var volume: texture_3d<u32>;
@group(0) @binding(2) var table: texture_2d<u32>;
@group(0) @binding(3) var<storage, read> rows: array<vec2<u32>>;

struct Taps {
    first: vec3<i32>,
    second: vec3<i32>,
    weight: vec3<u32>,
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

fn word_at(x: i32, y: i32, z: i32) -> u32 {
    return textureLoad(volume, vec3<i32>(x, y, z), 0).r;
}

fn is_padding(word: u32) -> bool {
    return pane.options.z != 0u && word >= pane.options.x && word <= pane.options.y;
}

fn scaled(word: u32) -> u32 {
    let above = max(word, pane.values.x) - pane.values.x;
    return min(above, pane.values.y) << pane.values.z;
}

fn blend(a: u32, b: u32, weight: u32) -> u32 {
    return (a * ((1u << WEIGHT_BITS) - weight) + b * weight + (1u << (WEIGHT_BITS - 1u))) >> WEIGHT_BITS;
}

// x: the value; y: 1 when it is padding.
fn nearest_value(taps: Taps) -> vec2<u32> {
    let near = select(taps.first, taps.second, taps.weight >= vec3<u32>(1u << (WEIGHT_BITS - 1u)));
    let word = word_at(near.x, near.y, near.z);
    return vec2<u32>(scaled(word), select(0u, 1u, is_padding(word)));
}

fn value_at(c: vec3<i32>) -> vec2<u32> {
    let taps = taps_at(c);
    if pane.options.w != 0u {
        return nearest_value(taps);
    }
    var corners: array<u32, 8>;
    for (var i = 0u; i < 8u; i++) {
        let far = vec3<bool>((i & 1u) != 0u, (i & 2u) != 0u, (i & 4u) != 0u);
        let at = select(taps.first, taps.second, far);
        let word = word_at(at.x, at.y, at.z);
        let weighs = all(!far | (taps.weight != vec3<u32>(0u)));
        if weighs && is_padding(word) {
            return nearest_value(taps);
        }
        corners[i] = scaled(word);
    }
    let w = taps.weight;
    let near = blend(blend(corners[0], corners[1], w.x), blend(corners[2], corners[3], w.x), w.y);
    let far = blend(blend(corners[4], corners[5], w.x), blend(corners[6], corners[7], w.x), w.y);
    return vec2<u32>(blend(near, far, w.z), 0u);
}

fn coordinate(x: i32, y: i32, s: i32) -> vec3<i32> {
    let lo = pane.origin_lo.xyz + u32(x) * pane.du_lo.xyz + u32(y) * pane.dv_lo.xyz + u32(s) * pane.dw_lo.xyz;
    let hi = pane.origin_hi.xyz + x * pane.du_hi.xyz + y * pane.dv_hi.xyz + s * pane.dw_hi.xyz;
    return hi + vec3<i32>(lo >> vec3<u32>(16u));
}

// x: the value; y: 1 when there is one.
fn project(x: i32, y: i32) -> vec2<u32> {
    var count = 0u;
    var sum = 0u;
    var low = 0xFFFFFFFFu;
    var high = 0u;
    let limit = (pane.size.xyz << vec3<u32>(16u)) - vec3<i32>(0x8000);
    for (var s = 0; s < pane.size.w; s++) {
        let c = coordinate(x, y, s);
        if any(c < vec3<i32>(-0x8000)) || any(c > limit) {
            continue;
        }
        let value = value_at(c);
        if value.y != 0u {
            continue;
        }
        count += 1u;
        sum += value.x;
        low = min(low, value.x);
        high = max(high, value.x);
    }
    if count == 0u {
        return vec2<u32>(0u, 0u);
    }
    switch pane.values.w {
        case 2u: { return vec2<u32>(low, 1u); }
        case 3u: { return vec2<u32>((sum + count / 2u) / count, 1u); }
        default: { return vec2<u32>(high, 1u); }
    }
}

@vertex
fn whole_viewport(@builtin(vertex_index) i: u32) -> @builtin(position) vec4<f32> {
    return vec4<f32>(f32((i << 1u) & 2u) * 2.0 - 1.0, f32(i & 2u) * 2.0 - 1.0, 0.0, 1.0);
}

@fragment
fn sample_pane(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let x = i32(position.x) - pane.rect.x;
    let y = i32(position.y) - pane.rect.y;
    var grey = 0u;
    if x >= 0 && y >= 0 && x < pane.rect.z && y < pane.rect.w {
        let range = rows[y];
        if u32(x) >= range.x && u32(x) < range.y {
            var found: vec2<u32>;
            if pane.values.w == 0u {
                found = vec2<u32>(value_at(coordinate(x, y, 0)).x, 1u);
            } else {
                found = project(x, y);
            }
            if found.y != 0u {
                grey = textureLoad(table, vec2<u32>(found.x % TABLE_WIDTH, found.x / TABLE_WIDTH), 0).r;
            }
        }
    }
    return vec4<f32>(vec3<f32>(f32(grey) / 255.0), 1.0);
}
