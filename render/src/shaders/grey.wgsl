// The sampler of grey volumes: words, padding, slabs, the display table. Follows viewport.wgsl and plan.wgsl.

const TABLE_WIDTH: u32 = 1024u;

@group(0) @binding(4) var table: texture_2d<u32>;

fn word_at(voxel: vec3<i32>) -> u32 {
    return texel_of(voxel).r;
}

fn is_padding(word: u32) -> bool {
    return pane.padding.z != 0u && word >= pane.padding.x && word <= pane.padding.y;
}

fn scaled(word: u32) -> u32 {
    let above = max(word, pane.values.x) - pane.values.x;
    return min(above, pane.values.y) << pane.values.z;
}

// What lies at a coordinate: x is the value, y whether it is one.
const VALUE: u32 = 0u;
const PADDING: u32 = 1u;
const GAP: u32 = 2u;

fn nearest_value(taps: Taps) -> vec2<u32> {
    let word = word_at(nearest_voxel(taps));
    return vec2<u32>(scaled(word), select(VALUE, PADDING, is_padding(word)));
}

fn value_at(c: vec3<i32>) -> vec2<u32> {
    let taps = taps_at(c);
    if taps.in_gap {
        return vec2<u32>(0u, GAP);
    }
    switch pane.how.y {
        case 1u: { return nearest_value(taps); }
        case 2u: { return cubic_value(taps); }
        default: { return linear_value(taps); }
    }
}

fn linear_value(taps: Taps) -> vec2<u32> {
    var corners: array<vec4<u32>, 8>;
    for (var i = 0u; i < 8u; i++) {
        let far = far_taps(i);
        let word = word_at(select(taps.first, taps.second, far));
        let weighs = all(!far | (taps.weight != vec3<u32>(0u)));
        if weighs && is_padding(word) {
            return nearest_value(taps);
        }
        corners[i] = vec4<u32>(scaled(word), 0u, 0u, 0u);
    }
    return vec2<u32>(blend_corners(corners, taps.weight).x, VALUE);
}

fn cubic_value(taps: Taps) -> vec2<u32> {
    let bits = pane.values.w;
    let x = cubic_taps(taps, 0u, bits);
    let y = cubic_taps(taps, 1u, bits);
    let z = cubic_taps(taps, 2u, bits);
    let is_extreme = pane.how.x == 1u || pane.how.x == 2u;
    var low = select(0u, 0xFFFFFFFFu, is_extreme);
    var high = select(pane.values.y << pane.values.z, 0u, is_extreme);
    var whole = vec4<i32>(0);
    for (var k = 0u; k < 4u; k++) {
        if z.weights[k] == 0 {
            continue;
        }
        var plane = vec4<i32>(0);
        for (var j = 0u; j < 4u; j++) {
            if y.weights[j] == 0 {
                continue;
            }
            var line = vec4<i32>(0);
            for (var i = 0u; i < 4u; i++) {
                if x.weights[i] == 0 {
                    continue;
                }
                let word = word_at(vec3<i32>(x.voxels[i], y.voxels[j], z.voxels[k]));
                if is_padding(word) {
                    return nearest_value(taps);
                }
                let value = scaled(word);
                line.x += i32(value) * x.weights[i];
                if is_extreme && is_inner(i) && is_inner(j) && is_inner(k) {
                    low = min(low, value);
                    high = max(high, value);
                }
            }
            plane += round_stage(line, bits) * y.weights[j];
        }
        whole += round_stage(plane, bits) * z.weights[k];
    }
    return vec2<u32>(u32(clamp(round_stage(whole, bits).x, i32(low), i32(high))), VALUE);
}

// x: the value; y: what it is, PADDING where nothing is inside.
fn project(p: vec2<i32>) -> vec2<u32> {
    var nothing = PADDING;
    var count = 0u;
    var sum = 0u;
    var low = 0xFFFFFFFFu;
    var high = 0u;
    let lowest = vec3<i32>(-0x8000, -0x8000, pane.stack.x);
    let highest = vec3<i32>((pane.size.xy << vec2<u32>(16u)) - vec2<i32>(0x8000), pane.stack.y);
    for (var s = 0; s < pane.size.w; s++) {
        let c = coordinate(p, s);
        if any(c < lowest) || any(c > highest) {
            continue;
        }
        let value = value_at(c);
        if value.y == GAP {
            nothing = GAP;
        }
        if value.y != VALUE {
            continue;
        }
        count += 1u;
        sum += value.x;
        low = min(low, value.x);
        high = max(high, value.x);
    }
    if count == 0u {
        return vec2<u32>(0u, nothing);
    }
    switch pane.how.x {
        case 2u: { return vec2<u32>(low, VALUE); }
        case 3u: { return vec2<u32>((sum + count / 2u) / count, VALUE); }
        default: { return vec2<u32>(high, VALUE); }
    }
}

@fragment
fn sample_grey(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let p = pixel_of(position, pane.rect);
    var grey = 0u;
    if touches(p) {
        var found: vec2<u32>;
        if pane.how.x == 0u {
            found = value_at(coordinate(p, 0));
            found.y = select(VALUE, GAP, found.y == GAP);
        } else {
            found = project(p);
        }
        if found.y == VALUE {
            grey = textureLoad(table, vec2<u32>(found.x % TABLE_WIDTH, found.x / TABLE_WIDTH), 0).r;
        } else if found.y == GAP {
            grey = hatch(p);
        }
    }
    return stored(vec3<u32>(grey));
}
