/** Device maps as text: all files, or one of them. */
import './edit.css'
import { PageHead } from '../../parts/section.tsx'
import { Awaited, Notice } from '../../parts/states.tsx'
import type { PageProps } from '../../shell/page.ts'
import { queryValue } from '../../shell/route.ts'
import { may } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'
import { Editor } from './editor.tsx'
import { FileListPage } from './file-list.tsx'
import { templateFor } from './templates.ts'
import { useFile } from './use-draft.ts'
import { Versions } from './versions.tsx'

export function EditPage({ params: { file } }: PageProps) {
  if (file === undefined) return <FileListPage />
  return may('configure') ? <EditedFile key={file} file={file} /> : <WatchedFile key={file} file={file} />
}

function EditedFile({ file }: { readonly file: string }) {
  const loaded = useFile(file)
  return (
    <Awaited loaded={loaded}>
      {(present) => (
        <Editor file={file} present={present} loaded={loaded} template={templateFor(queryValue('kind'))} />
      )}
    </Awaited>
  )
}

/** Whoever may only look sees what was changed when and by whom. */
function WatchedFile({ file }: { readonly file: string }) {
  return (
    <>
      <PageHead title={file} />
      <Notice tone="info">{t('edit.onlyLooking')}</Notice>
      <Versions file={file} />
    </>
  )
}
