"""DICOMweb (PS3.18) at its two roots: around a task, and at a hospital's own file.

Both have the same resources for reading; only a hospital's own root takes in and deletes.
"""

from fastapi import APIRouter, Depends

from crossread.gateways.dicomweb import (
    bulkdata,
    capabilities,
    delete,
    frames,
    hospital_door,
    metadata,
    qido,
    rendered,
    stow,
    task_door,
    uri,
    wado,
)

# routes are looked through in their order, and a viewer asks for frames by the thousand
_READING = (
    frames.router,
    metadata.router,
    wado.router,
    qido.router,
    bulkdata.router,
    rendered.router,
    uri.router,
    capabilities.router,
)

router = APIRouter(
    prefix="/api/tasks/{task_id}/dicom-web",
    tags=["dicomweb"],
    dependencies=[Depends(task_door.open_door)],
)
hospital_router = APIRouter(
    prefix="/api/hospitals/{hospital_id}/dicom-web",
    tags=["dicomweb"],
    dependencies=[Depends(hospital_door.open_door)],
)
for each in _READING:
    router.include_router(each)
    hospital_router.include_router(each)
hospital_router.include_router(stow.router)
hospital_router.include_router(delete.router)
