// The sampler of grey volumes: words, padding, slabs, the display table. Follows viewport.wgsl and plan.wgsl.

const TABLE_WIDTH: u32 = 1024u;

@group(0) @binding(3) var table: texture_2d<u32>;

fn word_at(voxel: vec3<i32>) -> u32 {
    return textureLoad(volume, voxel, 0).r;
}

fn is_padding(word: u32) -> bool {
    return pane.padding.z != 0u && word >= pane.padding.x && word <= pane.padding.y;
}

fn scaled(word: u32) -> u32 {
    let above = max(word, pane.values.x) - pane.values.x;
    return min(above, pane.values.y) << pane.values.z;
}

// x: the value; y: 1 when it is padding.
fn nearest_value(taps: Taps) -> vec2<u32> {
    let word = word_at(nearest_voxel(taps));
    return vec2<u32>(scaled(word), select(0u, 1u, is_padding(word)));
}

fn value_at(c: vec3<i32>) -> vec2<u32> {
    let taps = taps_at(c);
    if pane.how.y != 0u {
        return nearest_value(taps);
    }
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
    return vec2<u32>(blend_corners(corners, taps.weight).x, 0u);
}

// x: the value; y: 1 when there is one.
fn project(p: vec2<i32>) -> vec2<u32> {
    var count = 0u;
    var sum = 0u;
    var low = 0xFFFFFFFFu;
    var high = 0u;
    let limit = (pane.size.xyz << vec3<u32>(16u)) - vec3<i32>(0x8000);
    for (var s = 0; s < pane.size.w; s++) {
        let c = coordinate(p, s);
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
    switch pane.how.x {
        case 2u: { return vec2<u32>(low, 1u); }
        case 3u: { return vec2<u32>((sum + count / 2u) / count, 1u); }
        default: { return vec2<u32>(high, 1u); }
    }
}

@fragment
fn sample_grey(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let p = pixel_of(position, pane.rect);
    var grey = 0u;
    if touches(p) {
        var found: vec2<u32>;
        if pane.how.x == 0u {
            found = vec2<u32>(value_at(coordinate(p, 0)).x, 1u);
        } else {
            found = project(p);
        }
        if found.y != 0u {
            grey = textureLoad(table, vec2<u32>(found.x % TABLE_WIDTH, found.x / TABLE_WIDTH), 0).r;
        }
    }
    return stored(vec3<u32>(grey));
}
