// Puts a finished grey image on the screen, one texel a pixel: for adapters that are a CPU, where render::cpu is the faster sampler.

struct Present {
    // x, y of the pane in the framebuffer; width, height.
    rect: vec4<i32>,
}

@group(0) @binding(0) var<uniform> present: Present;
@group(0) @binding(1) var image: texture_2d<u32>;

@vertex
fn whole_viewport(@builtin(vertex_index) i: u32) -> @builtin(position) vec4<f32> {
    return vec4<f32>(f32((i << 1u) & 2u) * 2.0 - 1.0, f32(i & 2u) * 2.0 - 1.0, 0.0, 1.0);
}

@fragment
fn present_image(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let x = i32(position.x) - present.rect.x;
    let y = i32(position.y) - present.rect.y;
    var grey = 0u;
    if x >= 0 && y >= 0 && x < present.rect.z && y < present.rect.w {
        grey = textureLoad(image, vec2<i32>(x, y), 0).r;
    }
    return vec4<f32>(vec3<f32>(f32(grey) / 255.0), 1.0);
}
