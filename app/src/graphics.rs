//! Whether the graphics device still works. wgpu tells on whatever thread it notices; the interface asks once a frame.
//!
//! An error that nobody took (memory that was not there, something the driver refused) is counted; a lost device (driver restarted, GPU unplugged, memory
//! full) is final, and the window with it. Without this the toolkit stops the program at the first error. Refuses: recovery, which is the shell's and
//! the launch's.

use crate::background::Wake;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// What is known of one window's device.
pub(crate) struct Graphics {
    lost: AtomicBool,
    /// Errors since the last look.
    failed: AtomicBool,
    /// Whether there ever was one.
    in_trouble: AtomicBool,
    /// What the window that was lost had open.
    left: OnceLock<Left>,
}

/// What a lost window had open.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    /// The study's folder, if one was open.
    pub(crate) study: Option<PathBuf>,
}

impl Graphics {
    /// Listens to a device. `wake` is called when something happens, so that the interface looks.
    #[must_use]
    pub(crate) fn watch(device: &wgpu::Device, wake: Wake) -> Arc<Self> {
        let flag = || AtomicBool::new(false);
        let known = Arc::new(Self { lost: flag(), failed: flag(), in_trouble: flag(), left: OnceLock::new() });
        let (told, woken) = (Arc::clone(&known), Arc::clone(&wake));
        device.set_device_lost_callback(move |_, _| {
            told.give_up();
            woken();
        });
        let told = Arc::clone(&known);
        device.on_uncaptured_error(Arc::new(move |_| {
            told.failed.store(true, Ordering::Release);
            told.in_trouble.store(true, Ordering::Release);
            wake();
        }));
        known
    }

    /// Whether the device is gone.
    #[must_use]
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }
    /// Whether it reported an error since this was last asked.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.swap(false, Ordering::AcqRel)
    }
    /// Whether it is gone or ever reported an error: nothing large is to be given to it any more.
    #[must_use]
    pub(crate) fn is_in_trouble(&self) -> bool {
        self.is_lost() || self.in_trouble.load(Ordering::Acquire)
    }
    /// Counts as lost from now on.
    pub(crate) fn give_up(&self) {
        self.lost.store(true, Ordering::Release);
    }

    /// The window ends because its device is gone, and had this study open.
    pub(crate) fn leave(&self, study: Option<PathBuf>) {
        // A window ends once.
        let _ = self.left.set(Left { study });
    }
    /// What the window had open that ended because its device was gone.
    #[must_use]
    pub(crate) fn left(&self) -> Option<&Left> {
        self.left.get()
    }
}
